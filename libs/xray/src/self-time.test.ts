import type { SegmentDocument } from '@fluoroscope/contract/documents';
import { expect, test } from 'vitest';
import { ownTimeOf } from './self-time.js';
import { viewTrace } from './trace-view.js';
import { waterfallOf } from './waterfall.js';

const part = (n: number, from: number, to: number) => ({
  id: n.toString(16).padStart(16, '0'),
  name: `part-${n}`,
  start_time: 100 + from,
  end_time: 100 + to,
});

test('tells of a gap once, whatever comes behind the end of its parent or takes no time', () => {
  const root = { ...part(1, 0, 1), trace_id: '1-5759e988-bd862e3fe1be46a994272793' };
  const children = [part(2, 0, 0.2), part(3, 0.5, 0.5), part(4, 1.5, 2), part(5, 1.7, 3), part(6, 2.2, 2.4)];
  const view = viewTrace([{ ...root, subsegments: children } as SegmentDocument]);
  const { gaps, self } = ownTimeOf(waterfallOf(view).waterfall);
  expect([...gaps.start].map((micros) => Math.round(micros / 1000))).toEqual([200, 500]);
  expect([...gaps.duration].map((micros) => Math.round(micros / 1000))).toEqual([300, 500]);
  expect(Math.round((self[0] ?? 0) / 1000)).toBe(800);
});
