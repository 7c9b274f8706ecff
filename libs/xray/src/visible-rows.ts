/**
 * Which rows of a waterfall are shown, which match a search, and what a folded row says of what it hides. Every function reads
 * the arrays once; none makes an object for a row.
 */
import { type Outcome, outcomes } from './entities.js';
import { childrenWithTime } from './self-time.js';
import { rowFlags, rowKinds, type Waterfall } from './waterfall.js';

/** The shown rows in order. `folded` and `kept` are by row; what lies below a row that is folded or not kept is left out. */
export function visibleRows(rows: Waterfall, folded: Uint8Array, kept: Uint8Array | null): Uint32Array {
  const shown = new Uint32Array(rows.count);
  let length = 0;
  for (let row = 0; row < rows.count; ) {
    if (kept !== null && kept[row] === 0) row = rows.subtreeEnd[row] ?? row + 1;
    else {
      shown[length++] = row;
      row = folded[row] === 1 ? (rows.subtreeEnd[row] ?? row + 1) : row + 1;
    }
  }
  return shown.subarray(0, length);
}

/** Groups are folded, and so is everything from `depth` on; a row whose ID is in `turned` is the other way round. */
export function foldedRows(rows: Waterfall, depth: number | null, turned: ReadonlySet<string>): Uint8Array {
  const folded = new Uint8Array(rows.count);
  for (let row = 0; row < rows.count; row++) {
    const isGroup = rows.kind[row] === rowKinds.group;
    if (isGroup || (depth !== null && (rows.depth[row] ?? 0) >= depth)) folded[row] = 1;
  }
  if (turned.size === 0) return folded;
  for (let row = 0; row < rows.count; row++) if (turned.has(rows.ids[row] ?? '')) folded[row] = 1 - (folded[row] ?? 0);
  return folded;
}

/** Rows whose name, note or service contains the text, whatever its case; nothing matches an empty text. */
export function matchingRows(rows: Waterfall, text: string): Uint32Array {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return new Uint32Array(0);
  const texts = Uint8Array.from(rows.strings, (candidate) => (candidate.toLowerCase().includes(wanted) ? 1 : 0));
  const services = Uint8Array.from(rows.services, ({ name }) => (name.toLowerCase().includes(wanted) ? 1 : 0));
  const found = new Uint32Array(rows.count);
  let length = 0;
  for (let row = 0; row < rows.count; row++) {
    if (rows.kind[row] === rowKinds.group) continue;
    const isMatch =
      texts[rows.name[row] ?? 0] === 1 ||
      texts[rows.note[row] ?? 0] === 1 ||
      (rows.kind[row] === rowKinds.segment && services[rows.service[row] ?? 0] === 1) ||
      rows.ids[row] === wanted;
    if (isMatch) found[length++] = row;
  }
  return found.subarray(0, length);
}

/** The given rows and all above them. */
export function rowsAndAncestors(rows: Waterfall, chosen: Uint32Array): Uint8Array {
  const kept = new Uint8Array(rows.count);
  for (const row of chosen) {
    for (let at = row; at !== -1 && kept[at] !== 1; at = rows.parent[at] ?? -1) kept[at] = 1;
  }
  return kept;
}

/** Rows of at least this duration, those that are not ok or in progress, and all above them. */
export function rowsOfAtLeast(rows: Waterfall, micros: number): Uint8Array {
  const kept = new Uint8Array(rows.count);
  for (let row = rows.count - 1; row >= 0; row--) {
    const isWorthIt =
      (rows.duration[row] ?? 0) >= micros || rows.outcome[row] !== outcomes.ok || ((rows.flags[row] ?? 0) & rowFlags.inProgress) !== 0;
    if (isWorthIt) kept[row] = 1;
    const above = rows.parent[row] ?? -1;
    if (kept[row] === 1 && above !== -1) kept[above] = 1;
  }
  return kept;
}

/** By row, the worst outcome of anything below it or of itself. */
export function worstBelow(rows: Waterfall): Uint8Array {
  const worst = rows.outcome.slice();
  for (let row = rows.count - 1; row >= 0; row--) {
    const above = rows.parent[row] ?? -1;
    if (above !== -1) worst[above] = Math.max(worst[above] ?? 0, worst[row] ?? 0);
  }
  return worst;
}

export interface GroupFigures {
  count: number;
  totalMicros: number;
  p95Micros: number;
  /** By `Outcome`. */
  outcomes: [ok: number, error: number, throttle: number, fault: number];
}

/** What the members of a group add up to. */
export function groupFigures(rows: Waterfall, group: number): GroupFigures {
  const durations: number[] = [];
  const counts: GroupFigures['outcomes'] = [0, 0, 0, 0];
  for (const row of childrenWithTime(rows, group)) {
    durations.push(rows.duration[row] ?? 0);
    counts[(rows.outcome[row] ?? 0) as Outcome]++;
  }
  durations.sort((left, right) => left - right);
  return {
    count: durations.length,
    totalMicros: durations.reduce((sum, micros) => sum + micros, 0),
    p95Micros: durations[Math.min(durations.length - 1, Math.ceil(durations.length * 0.95) - 1)] ?? 0,
    outcomes: counts,
  };
}
