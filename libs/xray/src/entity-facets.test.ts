import type { SegmentDocument } from '@fluoroscope/contract/documents';
import { expect, test } from 'vitest';
import { facetFlags, facetValue, noFacets, noStatus, segmentFacets, subsegmentFacets } from './entity-facets.js';

const segment = (members: Partial<SegmentDocument> = {}): SegmentDocument => ({
  trace_id: '1-5f84c7a1-0123456789abcdef01234567',
  id: '000000000000000a',
  name: 'shop',
  start_time: 1,
  end_time: 2,
  ...members,
});

test('keeps what a segment says, each value with its type', () => {
  const http = { request: { url: 'http://a/', method: 'GET' }, response: { status: 404 } };
  const aws = { ec2: { instance_id: 'i-1', availability_zone: 'a' }, ecs: { availability_zone: 'b' } };
  const facets = segmentFacets(
    segment({ user: 'alice', error: true, http, aws, annotations: { age: '29', n: -0, vip: false, 'bad key': 1 } }),
  );
  expect(facets).toMatchObject({ flags: facetFlags.error, status: 404, http: ['http://a/', 'GET', '', ''] });
  expect(facets.keys.map((key, at) => `${key}=${facets.values[at]}`)).toEqual([
    'annotation.age=s29',
    'annotation.n=n0',
    'annotation.vip=b0',
    'user=salice',
    'instance.id=si-1',
    'availabilityzone=sa',
    'availabilityzone=sb',
  ]);
});

test('says nothing of a subsegment that says nothing, and no URL of a call', () => {
  const call = { id: '000000000000000b', name: 'db', start_time: 1, end_time: 2 };
  expect(subsegmentFacets(call)).toBe(noFacets);
  expect(subsegmentFacets({ ...call, http: { request: { url: 'http://a/' } } })).toMatchObject({ http: [], status: noStatus });
  const cause = { exceptions: [{ type: 'Denied', message: 'no' }, null] };
  expect(subsegmentFacets({ ...call, cause })).toMatchObject({ keys: ['exception.name', 'exception.message'], values: ['sDenied', 'sno'] });
});

test('is undecided where not all that was said can be kept', () => {
  const long = 'x'.repeat(2_001);
  const many = Object.fromEntries(Array.from({ length: 61 }, (_, n) => [`k${n}`, n]));
  const odd = [{ user: long }, { http: { request: { url: long } } }, { http: { response: { status: 200.5 } } }, { annotations: many }];
  for (const members of odd) expect(segmentFacets(segment(members)).flags).toBe(facetFlags.undecided);
  expect(facetValue('29')).not.toBe(facetValue(29));
});
