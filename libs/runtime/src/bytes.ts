/** Sizes as people write them: `500MB` counts in thousands, `500MiB` in 1,024s. A bare number is bytes. */
const unitBytes: Record<string, number> = {
  '': 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
};

/** Bytes, rounded down; null when the text is not a size above 0. */
export function parseBytes(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?) ?([KMGT]?i?B?)$/i.exec(text.trim());
  const unit = unitBytes[(match?.[2] ?? '').toUpperCase()];
  if (!match || unit === undefined) return null;
  const bytes = Math.floor(Number(match[1]) * unit);
  return bytes > 0 && Number.isSafeInteger(bytes) ? bytes : null;
}
