import { type PresenceRecord, presenceTimeoutMs } from '@fluoroscope/contract/process-messages';
import { expect, it } from 'vitest';
import { ProcessReports } from './process-reports.js';

const idle = { appended: 0, replaced: 0, rejected: 0, dead: 0, lost: 0, lag: 0, negativeDurations: 0, folded: 0, refusedDeployments: 0 };
const none = { ...idle, partialTraces: 0, droppedDays: 0, staleSlices: 0, lastRejection: null };

function writer(from: string, { since = 0, stored = 0, troubleSinceMs = null as number | null } = {}): PresenceRecord {
  return { from, atMs: 10_000, kind: 'writer', partitions: [{ partition: 0, since, counters: { ...none, stored } }], troubleSinceMs };
}

it('counts a partition once, by the writer that began further on, whatever their clocks say', () => {
  const reports = new ProcessReports();
  reports.hear(writer('new', { since: 8, stored: 9 }), 0);
  reports.hear({ ...writer('old', { since: 4, stored: 5 }), atMs: 3_600_000 }, 1);
  expect(reports.ingest(1).writer?.stored).toBe(9);
  reports.hear(writer('set back', { since: 2, stored: 3 }), presenceTimeoutMs + 1);
  expect(reports.ingest(presenceTimeoutMs + 1).writer?.stored).toBe(3);
});

it('says of each partition how far behind it is, and who has it, until nothing is heard of that one', () => {
  const reports = new ProcessReports();
  const report = (partition: number, lag: number) => ({ partition, since: 0, counters: { ...none, stored: 0, lag } });
  const from = 'writer host-1 4711 01234567';
  reports.hear({ from, atMs: 0, kind: 'writer', partitions: [report(1, 0), report(0, 250)], troubleSinceMs: null }, 0);
  const owner = 'host-1 4711';
  expect(reports.ingest(0).partitions).toEqual([
    { partition: 0, lag: 250, owner },
    { partition: 1, lag: 0, owner },
  ]);
  const later = reports.ingest(presenceTimeoutMs + 1);
  expect(later.partitions.map((one) => one.owner)).toEqual([null, null]);
  expect(later.writer?.lag).toBe(250);
});

it('tells of a writer that does not store, when it has not for two seconds', () => {
  const reports = new ProcessReports();
  expect(reports.writerState(0)).toMatch(/no writer/);
  reports.hear(writer('one', { troubleSinceMs: 9_000 }), 0);
  expect(reports.writerState(0)).toBe('ok');
  reports.hear(writer('one', { troubleSinceMs: 7_000 }), 0);
  expect(reports.writerState(0)).toMatch(/does not store/);
});
