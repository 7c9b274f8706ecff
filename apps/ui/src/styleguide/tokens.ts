/** Which colour may stand on which, and how far apart they have to be: text 4.5 to 1, what carries meaning without text 3 to 1. */
export interface TokenUse {
  token: string;
  /** CSS colours: a token, or a mixture of some. */
  on: readonly string[];
  least: 4.5 | 3;
}

const surfaces = ['--bg0', '--bg1', '--bg2', '--bg3'];
const raised = ['--bg0', '--bg1', '--bg2'];
const states = ['ok', 'error', 'throttle', 'fault'] as const;
/** As chips and notices have it behind their words. */
const tint = (state: string) => `color-mix(in srgb, var(--${state}) 14%, var(--bg1))`;

export const tokenUses: readonly TokenUse[] = [
  ...['--text', '--text2', '--text3'].map((token) => ({ token, on: surfaces, least: 4.5 }) as const),
  { token: '--accent', on: surfaces, least: 4.5 },
  { token: '--on-accent', on: ['--accent'], least: 4.5 },
  ...states.map((state) => ({ token: `--${state}-text`, on: [...raised, tint(state)], least: 4.5 }) as const),
  { token: '--border', on: surfaces, least: 3 },
  ...states.map((state) => ({ token: `--${state}`, on: raised, least: 3 }) as const),
  { token: '--progress', on: raised, least: 3 },
  { token: '--heat', on: ['--bg1'], least: 3 },
  { token: '--bar', on: ['--bg1'], least: 3 },
  ...[1, 2, 3, 4, 5].map((series) => ({ token: `--series${series}`, on: ['--bg1'], least: 3 }) as const),
];

/** Red, green and blue from 0 to 1. */
export type Rgb = readonly [number, number, number];

/** What a browser computes a colour to: `rgb(1, 2, 3)` or `color(srgb 0.1 0.2 0.3)`. */
export function readColour(text: string): Rgb {
  const [red = 0, green = 0, blue = 0] = (text.match(/-?[\d.]+(?:e-?\d+)?/g) ?? []).map(Number);
  const scale = text.startsWith('color(') ? 1 : 255;
  return [red / scale, green / scale, blue / scale];
}

/** As WCAG 2 has it: from 1 to 21. */
export function contrast(one: Rgb, other: Rgb): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((left, right) => left - right);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: Rgb): number {
  const [red = 0, green = 0, blue = 0] = colour.map((part) => (part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
