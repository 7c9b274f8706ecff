/** Whatever a call says, it is refused in CloudWatch's words, or its document says the same to who reads it from the log. */
import { parseMetricData, readMetricData } from '@fluoroscope/cloudwatch/metric-data';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ApiTally } from '../counters.js';
import { CloudWatchError } from '../protocol/cloudwatch-errors.js';
import type { Members } from '../protocol/fields.js';
import { PutMetricData } from './put-metric-data.js';

const nowMs = 1_800_000_000_000;
const seed = Number(process.env.FLUOROSCOPE_SEED ?? 1);
/** Deeper than `JSON.stringify` goes. */
const deep = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`) as unknown;
/** As no text that is taken may be. */
const marker = 'nobody has judged this, é';

const names = [
  ...['Id', 'Namespace', 'MetricData', 'MetricName', 'Dimensions', 'Name', 'Timestamp', 'Unit', 'StorageResolution', 'Value', 'Junk'],
  ...['StatisticValues', 'SampleCount', 'Sum', 'Minimum', 'Maximum', 'Values', 'Counts', 'EntityMetricData', '__proto__', 'toJSON'],
];
const junk = fc.oneof(fc.constantFrom<unknown>(deep, marker, [marker], { Value: deep }, null, '', [], {}, 1, '1', true), fc.jsonValue());
/** What is right, with junk in some members: those that it has, and those that belong elsewhere. */
const withJunk = (right: fc.Arbitrary<object>) =>
  fc
    .tuple(right, fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, fc.dictionary(fc.constantFrom(...names), junk, { maxKeys: 2 })))
    .map(([members, more]) => Object.fromEntries([...Object.entries(more), ...Object.entries(members)]) as Members);
const orJunk = <Value>(right: fc.Arbitrary<Value>) => fc.oneof({ weight: 40, arbitrary: right }, junk as fc.Arbitrary<Value>);

const number = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom('2.5', 1e100, -0));
const dimension = withJunk(fc.constantFrom({ Name: 'a', Value: 'b' }, { Name: 'c', Value: 'd' }));
const set = withJunk(fc.constant({ SampleCount: 2, Sum: 3, Minimum: 1, Maximum: '2' }));
const measured = fc.oneof(
  fc.record({ Value: orJunk(number) }),
  fc.record({ Value: number, Values: fc.constantFrom([], null) }),
  fc.record({ Values: orJunk(fc.array(number, { minLength: 2, maxLength: 2 })), Counts: orJunk(fc.constantFrom([1, '3'], [], null)) }),
  fc.record({ StatisticValues: orJunk(set) }),
);
const described = fc.record(
  {
    Dimensions: orJunk(fc.array(dimension, { maxLength: 2 })),
    Timestamp: orJunk(fc.constantFrom(nowMs / 1000, '2027-01-15T08:00:00', null, '')),
    Unit: orJunk(fc.constantFrom('Seconds', null, '')),
    StorageResolution: orJunk(fc.constantFrom(1, '60', null, '')),
  },
  { requiredKeys: [] },
);
const datum = withJunk(fc.tuple(described, measured).map(([one, other]) => ({ MetricName: 'm', ...one, ...other })));
const data = orJunk(fc.array(orJunk(datum), { minLength: 1, maxLength: 3 }));
const call = withJunk(
  fc.record(
    {
      Namespace: orJunk(fc.constant('A')),
      MetricData: data,
      EntityMetricData: orJunk(fc.array(withJunk(fc.record({ MetricData: data })))),
    },
    { requiredKeys: ['Namespace', 'MetricData'] },
  ),
);

it('is refused, or its document says the same data and nothing that was not judged', async () => {
  const appended: string[] = [];
  const append = async (documents: readonly Uint8Array[]) => void appended.push(...documents.map((text) => Buffer.from(text).toString()));
  const put = new PutMetricData({ append }, new ApiTally());
  const received = { body: Buffer.alloc(0), query: '', invocationId: undefined, nowMs };
  let accepted = 0;
  const check = async (members: Members) => {
    appended.length = 0;
    const refused = await put.run(members, received).then(
      () => null,
      (error: unknown) => error,
    );
    if (refused !== null) {
      expect(refused).toBeInstanceOf(CloudWatchError);
      expect([(refused as CloudWatchError).status, appended]).toEqual([400, []]);
      return;
    }
    accepted++;
    const [text = ''] = appended;
    const { Namespace, MetricData, EntityMetricData } = members;
    const sent = parseMetricData({ Namespace, MetricData, EntityMetricData }, nowMs / 1000);
    const kept = readMetricData(text, nowMs / 1000);
    expect(kept).toEqual({ ...sent, id: expect.stringMatching(/^[\w-]{36}$/) });
    expect([appended.length, text.startsWith('{"Id":"'), text.includes(marker)]).toEqual([1, true, false]);
  };
  await fc.assert(fc.asyncProperty(call, check), { numRuns: 3_000, seed });
  expect(accepted).toBeGreaterThan(300);
});
