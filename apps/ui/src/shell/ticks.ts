/** Where a time axis is labelled: at full minutes, hours or days of the reader's zone, as close together as there is room. */
const stepsSeconds = [60, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800];
/** `Nov 20 14:00` and some air. */
const labelPixels = 92;

/** Epoch seconds; none so close to an end that its label would stand out. */
export function ticksOf(
  { from, to }: { from: number; to: number },
  { width, zoneOffsetSeconds }: { width: number; zoneOffsetSeconds: number },
): number[] {
  const secondsPerPixel = (to - from) / Math.max(1, width);
  const step = stepsSeconds.find((seconds) => seconds >= labelPixels * secondsPerPixel);
  if (step === undefined || width < labelPixels) return [];
  const margin = (labelPixels / 2) * secondsPerPixel;
  const first = Math.ceil((from + margin + zoneOffsetSeconds) / step) * step - zoneOffsetSeconds;
  const ticks: number[] = [];
  for (let at = first; at <= to - margin; at += step) ticks.push(at);
  return ticks;
}
