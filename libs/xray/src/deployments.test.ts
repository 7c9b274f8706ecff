import type { SegmentDocument } from '@fluoroscope/contract/documents';
import type { NodeKey } from '@fluoroscope/contract/graph';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeploymentBook, type FirstSight } from './deployments.js';

const nodes: NodeKey[] = ['shop', 'orders'].map((name) => ({ name, type: '', accountId: '' }));
const [shop = { name: '', type: '', accountId: '' }] = nodes;

function documentOf(members: object): SegmentDocument {
  return { trace_id: '', id: '', name: 'shop', start_time: 0, ...members } as SegmentDocument;
}

function sightsOf(...documents: object[]): string[] {
  const sights: FirstSight[] = [];
  const book = new DeploymentBook((sight) => sights.push(sight));
  for (const [at, members] of documents.entries()) book.see(shop, documentOf(members), at);
  return sights.map(({ kind, value }) => `${kind} ${value}`);
}

const sighting = fc.record({
  node: fc.constantFrom(...nodes),
  version: fc.constantFrom('1', '2', '3'),
  startMicros: fc.integer({ min: 0, max: 50 }),
});

describe('the book of deployments', () => {
  it('is the earliest start of each value, in any order, however often it comes, and from wherever it goes on', () => {
    fc.assert(
      fc.property(fc.array(sighting, { maxLength: 40 }), fc.nat(40), (sightings, stored) => {
        const seen = new Map<string, FirstSight>();
        const keep = (sight: FirstSight) => void seen.set(`${sight.node.name} ${sight.value}`, { ...sight });
        let book = new DeploymentBook(keep);
        for (const [at, { node, version, startMicros }] of [...sightings, ...sightings].entries()) {
          if (at === stored) {
            book = new DeploymentBook(keep);
            for (const sight of seen.values()) book.load(sight);
          }
          book.see(node, documentOf({ service: { version } }), startMicros);
        }
        const earliest = new Map<string, number>();
        for (const { node, version, startMicros } of sightings) {
          const id = `${node.name} ${version}`;
          earliest.set(id, Math.min(earliest.get(id) ?? startMicros, startMicros));
        }
        expect(new Map([...seen].map(([id, { atMicros }]) => [id, atMicros]))).toEqual(earliest);
        for (const sight of seen.values()) {
          const before = [...seen.values()].filter(
            ({ node, atMicros, value }) =>
              node === sight.node && (atMicros < sight.atMicros || (atMicros === sight.atMicros && value < sight.value)),
          );
          const last = before.sort((a, b) => a.atMicros - b.atMicros || (a.value < b.value ? -1 : 1)).at(-1);
          expect(book.deploymentOf(sight).previous).toBe(last?.value ?? null);
        }
      }),
    );
  });

  it('sees a rolling deployment as one event for each version', () => {
    const flapping = Array.from({ length: 20 }, (_, at) => ({ service: { version: at % 2 === 0 ? '1' : '2' } }));
    expect(sightsOf(...flapping)).toEqual(['version 1', 'version 2']);
  });

  it('reads version, runtime and image where SDKs write them', () => {
    expect(sightsOf({ service: { version: '1.2', runtime: 'node', runtime_version: 'v20' } })).toEqual(['version 1.2', 'runtime node v20']);
    expect(sightsOf({ service: { compiler: 'gc', compiler_version: 'go1.22' } })).toEqual(['runtime gc go1.22']);
    expect(sightsOf({ aws: { xray: { sdk: 'X-Ray for Go', sdk_version: '1' }, ecs: { container_image: 'shop:7' } } })).toEqual([
      'runtime X-Ray for Go 1',
      'image shop:7',
    ]);
    expect(sightsOf({ aws: { elastic_beanstalk: { version_label: 'v9' }, ec2: { ami_id: 'ami-1' } } })).toEqual([
      'version v9',
      'image ami-1',
    ]);
    expect(sightsOf({}, { service: null }, { service: { version: [] } }, { aws: { ecs: 'no', xray: null } })).toEqual([]);
  });

  it('notes no more values of one node than a person deploys', () => {
    let sights = 0;
    const book = new DeploymentBook(() => sights++);
    for (let n = 0; n < 1_000; n++) book.see(shop, documentOf({ service: { version: `request ${n}` } }), n);
    expect([sights, book.refused]).toEqual([200, 800]);
  });
});
