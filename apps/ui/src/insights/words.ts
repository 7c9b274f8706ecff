/** What the pages say of an insight. */
import type { InsightEvent, InsightView, RequestCounts } from '@fluoroscope/contract/insights';
import { exactCount, formatShare } from '@fluoroscope/format/format';
import { visibleText } from '@fluoroscope/format/text';
import { formatSpan, isoInstant } from '@fluoroscope/format/time';

export function lastEventOf({ events }: InsightView): InsightEvent {
  const last = events.at(-1);
  if (last === undefined) throw new Error('an insight has no events');
  return last;
}

export function isOpen(insight: InsightView): boolean {
  return lastEventOf(insight).endSeconds === null;
}

/** Where it ends so far. */
export function untilSeconds(insight: InsightView): number {
  return lastEventOf(insight).endSeconds ?? insight.figures.atSeconds;
}

/** `12 m`; seconds only of what is short. */
export function lastedOf(insight: InsightView): string {
  const seconds = Math.max(0, untilSeconds(insight) - lastEventOf(insight).startSeconds);
  return formatSpan(seconds < 120 ? seconds : Math.round(seconds / 60) * 60);
}

export function failedOf({ fault, total }: RequestCounts): string {
  return total === 0 ? 'none counted' : `${exactCount(fault)} of ${exactCount(total)} (${formatShare(fault, total)})`;
}

/** The window of an insight, with a minute of what was before it and behind it. */
export function windowOf(insight: InsightView): { from: string; to: string } {
  const { startSeconds } = lastEventOf(insight);
  return { from: String(startSeconds - 60), to: String(Math.ceil(untilSeconds(insight)) + 60) };
}

/** For a ticket or a chat: everything that is known, in Markdown. */
export function reportOf(insight: InsightView, address: string): string {
  const { rootCause, services, startSeconds, endSeconds } = lastEventOf(insight);
  const { clients, rootCause: own } = insight.figures;
  const iso = (seconds: number) => isoInstant(seconds * 1_000);
  return [
    `## ${visibleText(rootCause.name)}: ${endSeconds === null ? 'open' : 'closed'} after ${lastedOf(insight)}`,
    '',
    insight.summary,
    '',
    `- From ${iso(startSeconds)} to ${endSeconds === null ? 'now' : iso(endSeconds)}`,
    `- Client requests that failed: ${failedOf(clients)}`,
    `- Requests of the root cause that failed: ${failedOf(own)}`,
    `- Services: ${services.map(({ node }) => visibleText(node.name)).join(', ')}`,
    ...insight.events.map(({ atSeconds, summary }) => `- ${iso(atSeconds)} ${summary}`),
    '',
    address,
  ].join('\n');
}
