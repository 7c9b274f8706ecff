import type { SegmentDocument } from '@fluoroscope/contract/documents';
import { expect, test } from 'vitest';
import { summarizeTrace } from './summary.js';

const trace_id = '1-5f84c7a1-0123456789abcdef01234567';
const segment = (id: string, from: number, to: number, members: Partial<SegmentDocument> = {}): SegmentDocument => ({
  trace_id,
  id: idOf(id),
  name: id,
  start_time: 1000 + from,
  end_time: 1000 + to,
  ...members,
});

test('a fault is followed from the root, over the call that answered last, to where it began', () => {
  const { FaultRootCauses } = summarizeTrace([
    segment('shop', 0, 10, {
      origin: 'AWS::EC2::Instance',
      fault: true,
      subsegments: [
        { ...segment('early', 1, 2), fault: true },
        { ...segment('api', 3, 9), namespace: 'remote', fault: true, cause: 'some exception' },
        { ...segment('fine', 3, 9.5) },
      ],
    }),
    segment('cart', 4, 8, {
      parent_id: idOf('api'),
      fault: true,
      cause: { exceptions: [{ type: 'TypeError', message: 'not a function' }] },
    }),
  ]);
  expect(FaultRootCauses).toEqual([
    {
      ClientImpacting: true,
      Services: [
        {
          Name: 'shop',
          Names: ['shop'],
          Type: 'AWS::EC2::Instance',
          Inferred: false,
          EntityPath: [
            { Name: 'shop', Remote: false, Exceptions: [] },
            { Name: 'api', Remote: true, Exceptions: [] },
          ],
        },
        {
          Name: 'cart',
          Names: ['cart'],
          Type: '',
          Inferred: false,
          EntityPath: [{ Name: 'cart', Remote: false, Exceptions: [{ Name: 'TypeError', Message: 'not a function' }] }],
        },
      ],
    },
  ]);
});

test('a fault that the root handled is one that did not reach the client', () => {
  const { FaultRootCauses, ErrorRootCauses } = summarizeTrace([
    segment('shop', 0, 10, {
      subsegments: [{ ...segment('step', 1, 5), subsegments: [{ ...segment('host', 2, 4), namespace: 'remote', fault: true }] }],
    }),
  ]);
  expect(FaultRootCauses[0]?.ClientImpacting).toBe(false);
  expect(FaultRootCauses[0]?.Services.map(({ Name, Type, Inferred }) => [Name, Type, Inferred])).toEqual([
    ['shop', '', false],
    ['host', 'remote', true],
  ]);
  expect(FaultRootCauses[0]?.Services[0]?.EntityPath.map(({ Name }) => Name)).toEqual(['shop', 'step', 'host']);
  expect(ErrorRootCauses).toEqual([]);
});

test('time is followed while one child takes half of it', () => {
  const { ResponseTimeRootCauses } = summarizeTrace([
    segment('shop', 0, 10, {
      subsegments: [{ ...segment('work', 0, 8), subsegments: [segment('one', 0, 3), segment('two', 4, 6)] }, segment('rest', 8, 9)],
    }),
  ]);
  expect(ResponseTimeRootCauses[0]?.Services[0]?.EntityPath).toEqual([
    { Name: 'shop', Remote: false, Coverage: 1 },
    { Name: 'work', Remote: false, Coverage: 0.8 },
  ]);
});

test('a cycle of subsegments ends', () => {
  const cycle = ['a', 'b'].map((name, index) =>
    segment(name, 0, 1, { type: 'subsegment', parent_id: idOf(index === 0 ? 'b' : 'a'), fault: true }),
  );
  expect(summarizeTrace([segment('shop', 0, 1, { fault: true }), ...cycle]).FaultRootCauses[0]?.Services).toHaveLength(1);
});

function idOf(name: string): string {
  return Buffer.from(name).toString('hex').padStart(16, '0').slice(-16);
}
