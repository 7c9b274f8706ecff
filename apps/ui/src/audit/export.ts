/** Events of the audit trail as files: CSV for spreadsheets, JSON as the server tells them. */
import type { AuditEvent } from '@fluoroscope/contract/audit';

const columns: readonly [name: string, of: (event: AuditEvent) => string | null][] = [
  ['time', ({ at }) => new Date(at).toISOString()],
  ['actor', ({ actor }) => actor],
  ['key', ({ keyId }) => keyId],
  ['action', ({ action }) => action],
  ['resource type', ({ resource }) => resource.type],
  ['resource', ({ resource }) => resource.name],
  ['result', ({ refused }) => (refused === null ? 'done' : 'refused')],
  ['reason', ({ refused }) => refused],
  ['address', ({ address }) => address],
  ['client', ({ client }) => client],
  ['request', ({ requestId }) => requestId],
  ['event', ({ id }) => id],
  ['before', ({ before }) => JSON.stringify(before)],
  ['after', ({ after }) => JSON.stringify(after)],
];

export function csvOf(events: readonly AuditEvent[]): string {
  const rows = [columns.map(([name]) => name), ...events.map((event) => columns.map(([, of]) => of(event) ?? ''))];
  return rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

/** A spreadsheet would compute what begins like a formula. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Asks the browser to keep it. */
export function saveFile(name: string, { type, text }: { type: string; text: string }): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = Object.assign(document.createElement('a'), { href: url, download: name });
  link.click();
  URL.revokeObjectURL(url);
}
