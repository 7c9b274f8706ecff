/**
 * Finds the traces that a filter expression may mean, by the rows of `traces`. None is missed: what has changed since its row
 * was computed is a candidate too. Whoever asks looks at the documents of each.
 *
 * The newest slices are looked at first, and many times as many when they held too little.
 */
import { sliceSeconds } from '@fluoroscope/contract/graph';
import type { Expression } from '@fluoroscope/xray/filter/expression';
import { type ClickHouseClient, queryText, rowsOf, rowsOfText } from './clickhouse.js';
import { type GroupIdOf, traceCondition } from './trace-condition.js';

/** By its earliest segment; or, as lists do, by its earliest segment without a parent, where it has one. */
export type Place = 'start_micros' | 'listed_micros';

export interface CandidateQuery {
  expression: Expression;
  groupIdOf?: GroupIdOf | undefined;
  place: Place;
  /** Epoch microseconds, half open. */
  fromMicros: number;
  toMicros: number;
  before: { micros: number; trace: string } | null;
}

export type Candidate = [micros: number, trace: string];

const sliceMicros = sliceSeconds * 1e6;
/** Five minutes: a statement takes some milliseconds even of few rows. */
const firstWindowSlices = 30;
/** From there to six hours, if that can be looked at within the time of a page. */
const windowGrowth = { fast: 72, slow: 6 } as const;
const fastWindowMs = 100;
/** A trace's row may stand so much earlier than the facts that change it, and a slice be stale for so long. */
const staleSecondsBefore = 3_600;
/** Slices that are told one by one; when there are more, all that lie further back are taken for stale. */
const maxUnread = 2_000;
const farthest = { micros: '18446744073709551615', trace: 'f'.repeat(32) };

export class TraceCandidates {
  private lastSlice: number;
  private windowSlices = firstWindowSlices;
  /** Within the window; null at its beginning. */
  private before: { micros: number; trace: string } | null;
  private statements: Statements | null = null;
  /** Rows of parts of traces were among those found. */
  private hasParts = false;

  constructor(
    private readonly client: ClickHouseClient,
    private readonly query: CandidateQuery,
  ) {
    this.before = query.before;
    this.lastSlice = Math.floor(Math.min(query.toMicros, query.before?.micros ?? query.toMicros) / sliceMicros);
  }

  get isDone(): boolean {
    return this.lastSlice < this.firstSlice;
  }

  /** Behind which there may be more. */
  get place(): { micros: number; trace: string } {
    return this.before ?? { micros: (this.lastSlice + 1) * sliceMicros, trace: '0'.repeat(32) };
  }

  /** The next ones, newest first, at most `limit`; fewer do not say that there are no more. */
  async next(limit: number): Promise<Candidate[]> {
    this.statements ??= await this.prepare();
    const beganMs = performance.now();
    const first = Math.max(this.firstSlice, this.lastSlice - this.windowSlices + 1);
    const { rows, cutAt } = await this.inWindow(this.statements, { first, limit });
    if (cutAt !== null) this.before = { micros: cutAt[0], trace: cutAt[1] };
    else {
      this.before = null;
      this.lastSlice = first - 1;
      this.windowSlices *= performance.now() - beganMs < fastWindowMs ? windowGrowth.fast : windowGrowth.slow;
    }
    return rows;
  }

  /** Both kinds of rows at the same time; where one of the lists was cut, nothing is known of what lies further back. */
  private async inWindow(statements: Statements, { first, limit }: { first: number; limit: number }): Promise<Window> {
    const place = { before_micros: this.before?.micros ?? farthest.micros, before_trace: this.before?.trace ?? farthest.trace };
    const window = {
      first_slice: first,
      last_slice: this.lastSlice,
      from: Math.max(this.query.fromMicros, first * sliceMicros),
      to: Math.min(this.query.toMicros, (this.lastSlice + 1) * sliceMicros),
      limit,
    };
    const params = { ...statements.params, ...window, ...place };
    const read = <Row extends unknown[]>(text: string) => rowsOfText<Row>(this.client, text, { params });
    const lists = await Promise.all([read<Candidate>(statements.rooted), this.rootless(statements, read)]);
    const cuts = lists.flatMap((list) => (list.length === limit ? list.slice(-1) : []));
    return newest(lists.flat(), { cutAt: cuts.sort(byPlace)[0] ?? null, limit });
  }

  /** What a row of a part of a trace says may be found false by the row of all of it: that takes long, and is asked once there are such. */
  private async rootless({ rootless, whole }: Statements, read: Read): Promise<Candidate[]> {
    const rows = this.hasParts ? [] : await read<[...Candidate, isWhole: number]>(rootless);
    this.hasParts ||= rows.some(([, , isWhole]) => !isWhole);
    return (this.hasParts ? await read<[...Candidate, isWhole: number]>(whole) : rows).map(placeOf);
  }

  private get firstSlice(): number {
    return Math.floor(this.query.fromMicros / sliceMicros);
  }

  private async prepare(): Promise<Statements> {
    const first = Math.max(0, this.firstSlice - staleSecondsBefore / sliceSeconds);
    const params = { first_slice: first, limit: maxUnread };
    const unread = await rowsOf<[slice: number, computed: number]>(this.client, 'unread-slices', params);
    const condition = traceCondition(this.query.expression, this.query.groupIdOf);
    const rootless = queryText('rootless-matching');
    const filled = (text: string) =>
      text
        .replaceAll('/* condition */', () => condition.sql)
        .replaceAll('/* rootless condition */', () => condition.rootless)
        .replace('-- Changed.', () => (unread.length === 0 ? '' : queryText('traces-changed')))
        .replace('/* changed traces */', () => queryText('changed-traces'))
        .replaceAll('/* place */', this.query.place);
    const stale = {
      first_stale: first,
      stale_before: unread.length < maxUnread ? 0 : (unread.at(-1)?.[0] ?? 0),
      stale: unread.map(([slice]) => slice),
      computed: unread.map(([, version]) => version),
    };
    return {
      rooted: filled(queryText('traces-matching')),
      rootless: filled(rootless),
      whole: filled(rootless.replace('-- Whole.', () => queryText('rootless-whole'))),
      params: { ...condition.params, ...stale },
    };
  }
}

interface Statements {
  /** Rows that know a root, and those that do not. */
  rooted: string;
  rootless: string;
  /** The latter without those of parts of a trace that has a row of all of it. */
  whole: string;
  params: Record<string, unknown>;
}

type Read = <Row extends unknown[]>(text: string) => Promise<Row[]>;

interface Window {
  rows: Candidate[];
  /** Nothing is known of what lies further back; null when the window has been looked through. */
  cutAt: Candidate | null;
}

function placeOf([micros, trace]: [...Candidate, isWhole: number]): Candidate {
  return [micros, trace];
}

/** Each place once, newest first, up to where the lists were cut. */
function newest(candidates: readonly Candidate[], { cutAt, limit }: { cutAt: Candidate | null; limit: number }): Window {
  const sorted = [...candidates].sort(byPlace);
  const each = sorted.filter((candidate, at) => at === 0 || byPlace(candidate, sorted[at - 1] ?? candidate) !== 0);
  const known = cutAt === null ? each : each.filter((candidate) => byPlace(candidate, cutAt) <= 0);
  return known.length > limit ? { rows: known.slice(0, limit), cutAt: known[limit - 1] ?? null } : { rows: known, cutAt };
}

function byPlace([micros, trace]: Candidate, [otherMicros, other]: Candidate): number {
  if (micros !== otherMicros) return otherMicros - micros;
  return trace === other ? 0 : trace < other ? 1 : -1;
}
