import type { SegmentDocument } from '@fluoroscope/contract/documents';
import { describe, expect, it } from 'vitest';
import { adjustClocks } from './adjusted-clocks.js';
import { findSkewOfViews } from './skew.js';
import { viewTrace } from './trace-view.js';
import { waterfallOf } from './waterfall.js';

const base = { trace_id: '1-5759e988-bd862e3fe1be46a994272793' };
const call = { id: '0000000000000002', name: 'back', namespace: 'remote', start_time: 100.1, end_time: 100.4 };
const front = { ...base, id: '0000000000000001', name: 'front', start_time: 100, end_time: 100.5, subsegments: [call] };
/** Behind by 1.3 s: in truth it began 0.1 s after it was called. */
const back = {
  ...base,
  id: '0000000000000003',
  parent_id: call.id,
  name: 'back',
  start_time: 98.9,
  end_time: 99,
  subsegments: [{ id: '0000000000000004', name: 'work', start_time: 98.92, end_time: 98.98 }],
};

function adjusted(...documents: object[]) {
  const view = viewTrace(documents as SegmentDocument[]);
  const { waterfall } = waterfallOf(view);
  return { sent: waterfall, ...adjustClocks(waterfall, findSkewOfViews([view])) };
}

describe('a trace with its clocks adjusted', () => {
  it('moves what does not fit into the middle of its call, with all below it', () => {
    const { rows, moved, sent } = adjusted(front, back);
    expect([...rows.start].map((micros) => Math.round(micros / 1000))).toEqual([0, 100, 200, 220]);
    expect([...moved].map((micros) => Math.round(micros / 1000))).toEqual([0, 0, 1300, 1300]);
    expect(Math.round(rows.extentMicros / 1000)).toBe(500);
    expect([...rows.duration]).toEqual([...sent.duration]);
    expect(rows.ids).toEqual(sent.ids);
  });

  it('leaves the rows that it was given as they were', () => {
    const { sent } = adjusted(front, back);
    expect([...sent.start].map((micros) => Math.round(micros / 1000))).toEqual([1100, 1200, 0, 20]);
  });

  it('moves nothing where clocks agree', () => {
    const fitting = { ...back, start_time: 100.15, end_time: 100.3, subsegments: [] };
    const { rows, sent, moved } = adjusted(front, fitting);
    expect([...rows.start]).toEqual([...sent.start]);
    expect(moved.every((micros) => micros === 0)).toBe(true);
  });

  it('has nothing to do for a trace without rows', () => {
    expect(adjusted().rows.count).toBe(0);
  });
});
