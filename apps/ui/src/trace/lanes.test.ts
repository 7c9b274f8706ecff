import { describe, expect, it } from 'vitest';
import { drawLanes, laneColours, laneHeight, lanesOf, rowAt } from './lanes.js';
import { TraceDocuments } from './trace-documents.js';

const second = 1_000_000;

describe('the lanes of a timeline', () => {
  it('puts rows at their depth, in order of their start, and those that stand for others nowhere', () => {
    const { rows } = traceOf([
      part('root', 0, 10, [part('late', 6, 9, [part('inner', 7, 8)]), ...Array.from({ length: 5 }, (_, i) => part('read', i, i + 0.5))]),
    ]);
    const names = lanesOf(rows).map((lane) => lane.map((row) => rows.strings[rows.name[row] ?? 0]));
    expect(names).toEqual([['root'], ['read', 'read', 'read', 'read', 'read', 'late'], ['inner']]);
  });

  it('finds the shortest row at a time, with some slack, and nothing where nothing is', () => {
    const { rows } = traceOf([part('root', 0, 10, [part('long', 1, 8), part('short', 2, 3)])]);
    const lanes = lanesOf(rows);
    const at = (lane: number, seconds: number, slack = 0) => {
      const row = rowAt(rows, lanes, { lane, time: seconds * second, slack: slack * second });
      return rows.strings[rows.name[row] ?? 0] ?? null;
    };
    expect([at(1, 2.5), at(1, 5), at(0, 5), at(1, 0.5), at(1, 0.5, 0.6), at(1, 9), at(7, 5)]).toEqual([
      'short',
      'long',
      'root',
      '',
      'long',
      '',
      '',
    ]);
  });

  it('draws only what is seen, and not what would lie on pixels that are drawn already', () => {
    const many = Array.from({ length: 400 }, (_, i) => part(`part${i % 7}`, i / 40, i / 40 + 0.001));
    const data = traceOf([part('root', 0, 10, many)]);
    const { context, drawn } = canvasOf();
    const drawing = {
      data,
      lanes: lanesOf(data.rows),
      width: 20,
      height: laneHeight * 2,
      scrollTop: 0,
      selected: -1,
      byService: false,
      tip: null,
      colours: Object.fromEntries(laneColours.map((name) => [name, name])) as Record<(typeof laneColours)[number], string>,
    };
    drawLanes(context, { ...drawing, range: { from: 0, to: 10 * second } });
    expect(drawn.rects).toBeGreaterThan(20);
    expect(drawn.rects).toBeLessThanOrEqual(3 * 22);
    expect(drawn.right).toBeLessThanOrEqual(21);
    drawn.rects = 0;
    drawLanes(context, { ...drawing, range: { from: 20 * second, to: 30 * second } });
    expect(drawn.rects).toBe(0);
  });
});

let next = 1;

function part(name: string, from: number, to: number, subsegments: object[] = []) {
  return { id: (next++).toString(16).padStart(16, '0'), name, start_time: 100 + from, end_time: 100 + to, subsegments };
}

function traceOf(segments: readonly object[]) {
  const trace = new TraceDocuments();
  for (const segment of segments) trace.add(JSON.stringify({ ...segment, trace_id: '1-5759e988-bd862e3fe1be46a994272793' }));
  return trace.layOut();
}

/** Counts what is filled; the rest of a canvas is not asked. */
function canvasOf() {
  const drawn = { rects: 0, right: 0 };
  const ignore = () => undefined;
  const context = {
    fillRect: (x: number, _y: number, w: number) => {
      drawn.rects++;
      drawn.right = Math.max(drawn.right, x + w);
    },
    ...Object.fromEntries(['save', 'restore', 'beginPath', 'rect', 'clip', 'fillText', 'strokeRect'].map((name) => [name, ignore])),
  };
  return { context: context as unknown as CanvasRenderingContext2D, drawn };
}
