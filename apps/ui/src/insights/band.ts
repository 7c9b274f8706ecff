/** Geometry of the charts of an insight: one pixel grid, time from left to right, shares and counts from below. */
import type { CoursePoint, Expectation } from '@fluoroscope/contract/insights';
import { unusualShare } from '@fluoroscope/xray/insights/fault-rates';

export interface Frame {
  from: number;
  to: number;
  width: number;
  height: number;
  periodSeconds: number;
}

export interface Band {
  /** The share at the top of the picture, 0 to 1. */
  top: number;
  observed: string;
  /** Closed: between nothing and the least share that would be unusual. */
  expected: string;
}

const leastTop = 0.02;

export function xOf(seconds: number, { from, to, width }: Frame): number {
  return ((seconds - from) / Math.max(1, to - from)) * width;
}

/** The share of faults minute by minute, and how many were to be expected among so many requests. */
export function bandOf(points: readonly CoursePoint[], expected: Expectation, frame: Frame): Band {
  const bounds = new Map(points.map(([, requests]) => [requests, 0]));
  for (const requests of bounds.keys()) bounds.set(requests, unusualShare(requests, expected));
  const shares = points.map(([start, requests, faults]) => ({ start, share: faults / requests, bound: bounds.get(requests) ?? 1 }));
  const top = Math.min(1, Math.max(leastTop, 1.1 * Math.max(0, ...shares.map(({ share }) => share))));
  const y = (share: number) => frame.height - (Math.min(share, top) / top) * frame.height;
  const steps = (value: (one: (typeof shares)[number]) => number) => runsOf(shares, frame).map((run) => stepped(run, value));
  const stepped = (run: typeof shares, value: (one: (typeof shares)[number]) => number) =>
    run.map((one) => {
      const [left, right] = [xOf(one.start, frame), xOf(one.start + frame.periodSeconds, frame)];
      return `${left.toFixed(1)} ${y(value(one)).toFixed(1)}L${right.toFixed(1)} ${y(value(one)).toFixed(1)}`;
    });
  const observed = steps(({ share }) => share).map((parts) => `M${parts.join('L')}`);
  const areas = runsOf(shares, frame).map((run) => {
    const [first, last] = [run[0]?.start ?? 0, (run.at(-1)?.start ?? 0) + frame.periodSeconds];
    return `M${xOf(first, frame).toFixed(1)} ${frame.height}L${stepped(run, ({ bound }) => bound).join('L')}L${xOf(last, frame).toFixed(1)} ${frame.height}Z`;
  });
  return { top, observed: observed.join(''), expected: areas.join('') };
}

/** Minutes that follow each other; one without a request is a gap. */
function runsOf<Point extends { start: number }>(points: readonly Point[], { periodSeconds }: Frame): Point[][] {
  const runs: Point[][] = [];
  for (const point of points) {
    const run = runs.at(-1);
    const before = run?.at(-1)?.start;
    if (run !== undefined && before === point.start - periodSeconds) run.push(point);
    else runs.push([point]);
  }
  return runs;
}

export interface Bar {
  x: number;
  width: number;
  /** Of all requests, and of those that failed, from below. */
  height: number;
  failed: number;
}

export function barsOf(points: readonly CoursePoint[], frame: Frame): { bars: Bar[]; top: number } {
  const top = Math.max(1, ...points.map(([, requests]) => requests));
  const height = (count: number) => (count / top) * frame.height;
  const step = xOf(frame.from + frame.periodSeconds, frame);
  const bars = points.map(([start, requests, faults]) => {
    const least = faults > 0 ? 1.5 : 0;
    return {
      x: xOf(start, frame),
      width: Math.max(1, step - (step > 4 ? 1 : 0)),
      height: height(requests),
      failed: Math.max(least, height(faults)),
    };
  });
  return { bars, top };
}
