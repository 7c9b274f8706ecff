/** Sizes as people read them. Storage counts in 1,024s and says so: `1.90 GiB`; networks and CloudWatch count in thousands: `1.90 GB`. */
import { threeDigits } from './digits.js';
import { missing } from './format.js';

export type ByteSystem = 'iec' | 'si';

const systems = {
  iec: { base: 1_024, units: ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] },
  si: { base: 1_000, units: ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'] },
} as const;

/** Three digits; whole bytes below the first unit. */
export function formatBytes(bytes: number | null, system: ByteSystem = 'iec'): string {
  if (bytes === null || !Number.isFinite(bytes)) return missing;
  const { base, units } = systems[system];
  return scaled(bytes, base, units);
}

/** In thousands: `8.00 kbit`. */
export function formatBits(bits: number | null): string {
  if (bits === null || !Number.isFinite(bits)) return missing;
  return scaled(bits, 1_000, ['bit', 'kbit', 'Mbit', 'Gbit', 'Tbit', 'Pbit', 'Ebit']);
}

function scaled(value: number, base: number, units: readonly string[]): string {
  const [smallest = '', ...larger] = units;
  if (value <= 0) return `0 ${smallest}`;
  const whole = Math.round(value);
  if (whole < 1_000) return `${whole === 0 ? '<1' : whole} ${smallest}`;
  let rest = value;
  for (const unit of larger) {
    rest /= base;
    const text = threeDigits(rest);
    if (text !== null) return `${text} ${unit}`;
  }
  return `${Math.round(rest)} ${larger.at(-1)}`;
}
