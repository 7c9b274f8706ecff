/** The order of the events that are shown. */
import type { AuditEvent } from '@fluoroscope/contract/audit';

export const sortKeys = ['time', 'actor', 'action', 'result', 'source'] as const;
export type SortKey = (typeof sortKeys)[number];

export interface Sort {
  key: SortKey;
  down: boolean;
}

export const newestFirst: Sort = { key: 'time', down: true };

const texts: Record<Exclude<SortKey, 'time'>, (event: AuditEvent) => string> = {
  actor: ({ actor }) => actor,
  action: ({ action, resource }) => `${action} ${resource.name}`,
  result: ({ refused }) => (refused === null ? 'done' : 'refused'),
  source: ({ address }) => address ?? '',
};

/** Of two that are alike, the newer first. */
export function sorted(events: readonly AuditEvent[], { key, down }: Sort): AuditEvent[] {
  const sign = down ? -1 : 1;
  if (key === 'time') return [...events].sort((left, right) => sign * (left.position - right.position));
  const textOf = texts[key];
  return [...events].sort((left, right) => sign * textOf(left).localeCompare(textOf(right)) || right.position - left.position);
}

/** As an address has it: `actor`, or `-actor` from the end. */
export function readSort(text: string | null): Sort {
  const key = sortKeys.find((one) => text === one || text === `-${one}`);
  return key === undefined ? newestFirst : { key, down: text?.startsWith('-') ?? false };
}

/** What pressing the head of a column leads to; null is the order that every address has. */
export function nextSort({ key, down }: Sort, pressed: SortKey): string | null {
  const next = { key: pressed, down: key === pressed ? !down : pressed === 'time' };
  return next.key === newestFirst.key && next.down ? null : `${next.down ? '-' : ''}${next.key}`;
}
