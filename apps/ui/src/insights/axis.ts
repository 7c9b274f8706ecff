/** Where the hours and minutes of a chart stand: whole steps that people count in, far enough apart to be read. */
import type { Frame } from './band.js';

const steps = [60, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200] as const;
const leastPixels = 72;
/** A name in the first or last bit of the axis would be cut off. */
const edge = 0.03;

export function ticksOf({ from, to, width }: Pick<Frame, 'from' | 'to' | 'width'>): { atSeconds: number; share: number }[] {
  const seconds = Math.max(1, to - from);
  const step = steps.find((one) => (one / seconds) * width >= leastPixels) ?? 86_400;
  const first = Math.ceil(from / step) * step;
  const ticks = Array.from({ length: Math.floor((to - first) / step) + 1 }, (_, at) => first + at * step);
  return ticks
    .map((atSeconds) => ({ atSeconds, share: (atSeconds - from) / seconds }))
    .filter(({ share }) => share > edge && share < 1 - edge);
}
