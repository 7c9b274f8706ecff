/** With or without the separators, which old clients leave out; the seconds may be left out too. */
const iso = /^(\d{4})-?(\d\d)-?(\d\d)T(\d\d):?(\d\d)(?::?(\d\d)(?:\.(\d+))?)?(?:Z|([+-]\d\d):?(\d\d))?$/;

/** Epoch milliseconds of a date and time in ISO 8601, in UTC where no zone is named, wherever the process runs; NaN for what is none. */
export function msOfIso(text: string): number {
  const found = iso.exec(text);
  if (found === null) return Number.NaN;
  const [, year, month, day, hour, minute, second = '00', fraction = '0', zoneHours, zoneMinutes] = found;
  // Date.parse takes the 30th of February for the 2nd of March.
  if (new Date(`${year}-${month}-${day}`).getUTCDate() !== Number(day)) return Number.NaN;
  const zone = zoneHours === undefined ? 'Z' : `${zoneHours}:${zoneMinutes}`;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction}${zone}`);
}
