import { describe, expect, it } from 'vitest';
import { nodeHeight, nodeWidth, type Point, rankPitch } from './geometry.js';
import { distanceTo, flatten, lengthOf, pointAt, routeEdge } from './route.js';

const caller = { x: 0, y: 0 };
const middle = { x: rankPitch, y: 0 };
const callee = { x: rankPitch * 2, y: 0 };

function inside(points: Float64Array, { x, y }: Point): boolean {
  for (let at = 0; at < points.length; at += 2) {
    const [px = 0, py = 0] = points.subarray(at, at + 2);
    if (px > x + 1 && px < x + nodeWidth - 1 && py > y && py < y + nodeHeight) return true;
  }
  return false;
}

describe('edges', () => {
  it('leave at the right side of the caller and arrive at the left side of the callee', () => {
    const curve = routeEdge(
      caller,
      callee,
      new Map([
        ['a', caller],
        ['c', callee],
      ]),
    );
    expect(curve.slice(0, 2)).toEqual([nodeWidth, nodeHeight / 2]);
    expect(curve.slice(-2)).toEqual([callee.x, nodeHeight / 2]);
  });

  it('pass beside a card that stands in the way, not behind it', () => {
    const places = new Map([
      ['a', caller],
      ['b', middle],
      ['c', callee],
    ]);
    expect(inside(flatten(routeEdge(caller, callee, places)), middle)).toBe(false);
  });

  it('never run back on the way past cards that stand nearly side by side', () => {
    const moved = { x: middle.x + 24, y: 200 };
    const places = new Map([
      ['a', caller],
      ['b', middle],
      ['moved', moved],
      ['c', callee],
    ]);
    const points = flatten(routeEdge(caller, callee, places));
    const steps = Array.from({ length: points.length / 2 - 1 }, (_, at) => (points[at * 2 + 2] ?? 0) - (points[at * 2] ?? 0));
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(-1e-9);
    expect(inside(points, middle) || inside(points, moved)).toBe(false);
  });

  it('are found by their distance, also when they run back or to themselves', () => {
    for (const [from, to] of [
      [caller, callee],
      [callee, caller],
      [caller, caller],
    ] as const) {
      const points = flatten(routeEdge(from, to, new Map()));
      const half = pointAt(points, lengthOf(points) / 2);
      expect(distanceTo(points, half)).toBeLessThan(0.01);
      expect(distanceTo(points, { x: half.x, y: half.y + 500 })).toBeGreaterThan(100);
    }
  });
});
