/** Rounding and digits, for the files that write quantities. */

/** Half away from zero; a value that is a hair below the half for want of bits counts as the half. */
export function roundTo(value: number, digits: number): number {
  const scale = 10 ** digits;
  return Math.round((value + Number.EPSILON * value) * scale) / scale;
}

/** Three significant digits: 4.12, 18.2, 182. Null when rounding reaches 1,000. */
export function threeDigits(value: number): string | null {
  for (const [limit, digits] of [
    [10, 2],
    [100, 1],
    [1_000, 0],
  ] as const) {
    const rounded = roundTo(value, digits);
    if (rounded < limit) return rounded.toFixed(digits);
  }
  return null;
}

/** Three digits and a prefix: `12.4k`. */
export function siNumber(value: number): string {
  let scaled = value;
  for (const prefix of ['', 'k', 'M', 'G', 'T']) {
    const text = threeDigits(scaled);
    if (text !== null) return `${text}${prefix}`;
    scaled /= 1_000;
  }
  return `${separated(String(Math.round(scaled)))}P`;
}

/** Thousands apart: `1,234,567.89`. */
export function separated(digits: string): string {
  const [whole = '', fraction] = digits.split('.');
  const apart = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? apart : `${apart}.${fraction}`;
}
