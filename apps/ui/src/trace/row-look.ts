/** What a row says and looks like, apart from where it lies on the screen: in text for the eye, in a sentence for the ear. */
import { formatDuration, formatShare, sayDuration } from '@fluoroscope/format/format';
import { visibleText } from '@fluoroscope/format/text';
import { type Outcome, outcomes } from '@fluoroscope/xray/entities';
import { childrenWithTime } from '@fluoroscope/xray/self-time';
import { groupFigures } from '@fluoroscope/xray/visible-rows';
import { rowFlags, rowKinds, type Waterfall } from '@fluoroscope/xray/waterfall';
import { typeLabel } from '../map/glyphs.js';
import type { State } from '../map/ring.js';
import type { TraceData } from './messages.js';

export const stateOf: Record<Outcome, State> = { 0: 'ok', 1: 'error', 2: 'throttle', 3: 'fault' };
const stateWords: Record<State, string> = { ok: '', error: 'error', throttle: 'throttled', fault: 'fault' };
/** So many services have a colour of their own. */
export const colouredServices = 5;

export interface RowLook {
  id: string;
  row: number;
  kind: number;
  /** A sent row, not one that stands for several. */
  isSent: boolean;
  name: string;
  note: string;
  service: string;
  /** Of a segment: its node's type; else ''. */
  type: string;
  state: State;
  inProgress: boolean;
  inferred: boolean;
  exception: boolean;
  pair: boolean;
  attempts: number;
  /** `cold 412 ms`, on the function and on its initialization; else ''. */
  cold: string;
  /** Drawn elsewhere than it was sent: its clock was off. */
  moved: boolean;
  /** 1 to 5; 0 for the rest. */
  series: number;
}

export function lookOf({ rows, rank, moved }: TraceData, row: number): RowLook {
  const kind = rows.kind[row] ?? 0;
  const flags = rows.flags[row] ?? 0;
  const service = rows.service[row] ?? 0;
  const place = rank[service] ?? colouredServices;
  return {
    id: rows.ids[row] ?? '',
    row,
    kind,
    isSent: kind < rowKinds.group,
    name: visibleText(rowName(rows, row)),
    note: visibleText(rowNote(rows, row)),
    service: visibleText(rows.services[service]?.name ?? ''),
    type: kind === rowKinds.segment ? (rows.services[service]?.type ?? '') : '',
    state: stateOf[(rows.outcome[row] ?? outcomes.ok) as Outcome],
    inProgress: (flags & rowFlags.inProgress) !== 0,
    inferred: (flags & rowFlags.inferred) !== 0,
    exception: (flags & rowFlags.exception) !== 0,
    pair: (flags & rowFlags.pair) !== 0,
    attempts: rows.attempts[row] ?? 0,
    cold: (flags & rowFlags.cold) === 0 ? '' : coldText(rows, row),
    moved: moved !== null && moved[row] !== 0,
    series: service !== 0 && place < colouredServices ? place + 1 : 0,
  };
}

function rowName(rows: Waterfall, row: number): string {
  const kind = rows.kind[row] ?? 0;
  const members = () => countChildren(rows, row);
  if (kind === rowKinds.missing) return `${members()} without their parent`;
  if (kind === rowKinds.circle) return `${members()} in a circle of parents`;
  return rows.strings[rows.name[row] ?? 0] ?? '';
}

function rowNote(rows: Waterfall, row: number): string {
  const kind = rows.kind[row] ?? 0;
  if (kind === rowKinds.missing) return 'late, not sampled, or over 64 KB';
  if (kind === rowKinds.circle) return 'cut where it began';
  if (kind === rowKinds.group) return groupNote(rows, row);
  return rows.strings[rows.note[row] ?? 0] ?? '';
}

function groupNote(rows: Waterfall, row: number): string {
  const { totalMicros, p95Micros, outcomes: counts } = groupFigures(rows, row);
  const trouble = ([1, 2, 3] as const).flatMap((outcome) =>
    counts[outcome] > 0 ? [`${counts[outcome]} ${stateWords[stateOf[outcome]]}`] : [],
  );
  return [`${formatDuration(totalMicros)} in all`, `p95 ${formatDuration(p95Micros)}`, ...trouble].join(', ');
}

export function countChildren(rows: Waterfall, row: number): number {
  let count = 0;
  for (const _ of childrenWithTime(rows, row)) count++;
  return count;
}

function coldText(rows: Waterfall, row: number): string {
  const isOwn = (at: number) => rows.kind[at] === rowKinds.step && ((rows.flags[at] ?? 0) & rowFlags.cold) !== 0;
  if (isOwn(row)) return `cold ${formatDuration(rows.duration[row] ?? 0)}`;
  for (const child of childrenWithTime(rows, row)) if (isOwn(child)) return `cold ${formatDuration(rows.duration[child] ?? 0)}`;
  return '';
}

/** "GetItem on orders-table, level 4, 31 milliseconds, starts at 112 milliseconds, throttled". */
export function sayRow(data: TraceData, look: RowLook): string {
  const { rows } = data;
  const { row } = look;
  const duration = rows.duration[row] ?? 0;
  const parts = [
    look.note === '' ? look.name : `${look.name}, ${look.note}`,
    look.type === '' ? (look.kind === rowKinds.segment ? 'segment' : '') : typeLabel(look.type),
    `level ${(rows.depth[row] ?? 0) + 1}`,
    look.inProgress ? 'in progress' : sayDuration(duration),
    `starts at ${look.moved ? 'an estimated ' : ''}${sayDuration(rows.start[row] ?? 0)}`,
    stateWords[look.state],
    look.exception ? 'has an exception' : '',
    look.inferred ? 'known from its caller' : '',
    look.attempts > 0 ? `${look.attempts} attempts` : '',
    look.cold,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

export function selfText({ rows, self }: TraceData, row: number): string {
  const own = self[row] ?? 0;
  return `${formatDuration(own)} (${formatShare(own, rows.duration[row] ?? 0)})`;
}
