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
/** That are asked one by one. */
const fewParts = 20;
const farthest = { micros: '18446744073709551615', trace: 'f'.repeat(32) };

export class TraceCandidates {
  private lastSlice: number;
  private windowSlices = firstWindowSlices;
  /** Within the window; null at its beginning. */
  private before: { micros: number; trace: string } | null;
  private statements: Statements | null = null;
  /** Many rows of parts of traces were among those found. */
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
    const slices = { first_slice: first, last_slice: this.lastSlice };
    const window = {
      from: Math.max(this.query.fromMicros, first * sliceMicros),
      to: Math.min(this.query.toMicros, (this.lastSlice + 1) * sliceMicros),
      limit,
    };
    const params = { ...statements.params, ...slices, ...window, ...place };
    const read = <Row extends unknown[]>(text: string) => rowsOfText<Row>(this.client, text, { params });
    const rooted = read<Candidate>(statements.rooted).then((rows) => windowOf(rows, limit));
    const both = await Promise.all([rooted, this.rootless(statements, { read, slices, limit })]);
    const cuts = both.flatMap(({ cutAt }) => (cutAt === null ? [] : [cutAt]));
    const rows = both.flatMap((one) => one.rows);
    return newest(rows, { cutAt: cuts.sort(byPlace)[0] ?? null, limit });
  }

  /**
   * A row of a part of a trace says nothing where the trace has a row of all of it. To leave these out at once takes long: that is done
   * when many were found; of a few it is asked.
   */
  private async rootless(statements: Statements, asked: RootlessQuery): Promise<Window> {
    const { read, slices, limit } = asked;
    if (this.hasParts) return windowOf((await read<RootlessRow>(statements.whole)).map(placeOf), limit);
    const rows = await read<RootlessRow>(statements.rootless);
    const parts = rows.flatMap(([, trace, isWhole]) => (isWhole ? [] : [trace]));
    this.hasParts = parts.length > fewParts;
    if (this.hasParts) return this.rootless(statements, asked);
    const merged = parts.length === 0 ? [] : await rowsOf<[string]>(this.client, 'merged-traces', { ...slices, trace_ids: parts });
    const told = new Set(merged.flat());
    const { cutAt } = windowOf(rows.map(placeOf), limit);
    return { rows: rows.filter(([, trace, isWhole]) => isWhole || !told.has(trace)).map(placeOf), cutAt };
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

type RootlessRow = [...Candidate, isWhole: number];

interface RootlessQuery {
  read: Read;
  slices: { first_slice: number; last_slice: number };
  limit: number;
}

type Read = <Row extends unknown[]>(text: string) => Promise<Row[]>;

interface Window {
  rows: Candidate[];
  /** Nothing is known of what lies further back; null when the window has been looked through. */
  cutAt: Candidate | null;
}

function placeOf([micros, trace]: RootlessRow): Candidate {
  return [micros, trace];
}

function windowOf(rows: Candidate[], limit: number): Window {
  return { rows, cutAt: rows.length === limit ? (rows.at(-1) ?? null) : null };
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
