/**
 * A value in one of CloudWatch's units, as people read it: the unit of the datum decides, never the size of the number. Thousands of
 * `Kilobytes` are megabytes, a `Percent` is a share, `None` and `Count` bear no unit, what ends in `/Second` is a rate.
 */
import { formatBits, formatBytes } from './bytes.js';
import { separated, siNumber } from './digits.js';
import { formatDuration, formatShare, missing } from './format.js';

/** Written out up to here. */
const exactMax = 9_999;
const smallest = 0.001;

const microsPer: Readonly<Record<string, number>> = { Microseconds: 1, Milliseconds: 1_000, Seconds: 1_000_000 };
const prefixes: Readonly<Record<string, number>> = { '': 1, kilo: 1e3, mega: 1e6, giga: 1e9, tera: 1e12 };

export function formatDatum(value: number | null, unit: string): string {
  if (value === null || !Number.isFinite(value)) return missing;
  if (value < 0) return `−${formatDatum(-value, unit).replace('<', '')}`;
  const [quantity = '', per] = unit.split('/');
  return `${formatQuantity(value, quantity)}${per === 'Second' ? '/s' : ''}`;
}

function formatQuantity(value: number, quantity: string): string {
  const micros = microsPer[quantity];
  if (micros !== undefined) return formatDuration(value * micros);
  const [, prefix = '', size] = /^(kilo|mega|giga|tera)?(bytes|bits)$/i.exec(quantity) ?? [];
  const scale = prefixes[prefix.toLowerCase()] ?? 1;
  if (size?.toLowerCase() === 'bytes') return formatBytes(value * scale, 'si');
  if (size?.toLowerCase() === 'bits') return formatBits(value * scale);
  if (quantity === 'Percent') return value <= 100 ? formatShare(value, 100) : `${formatNumber(value)} %`;
  return quantity === 'Count' || quantity === 'None' || quantity === '' ? formatNumber(value) : `${formatNumber(value)} ${quantity}`;
}

/** A number without a unit, not below 0: whole ones exactly to 9,999, others with three digits. */
function formatNumber(value: number): string {
  if (value === 0) return '0';
  if (Number.isInteger(value) && value <= exactMax) return separated(String(value));
  if (value < smallest) return `<${smallest}`;
  return value < 1 ? String(Number(value.toPrecision(3))) : siNumber(value);
}
