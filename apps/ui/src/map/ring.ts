/**
 * A node's ring: clockwise from 12 o'clock fault, error, throttle, ok, so that trouble always starts at one place. A share
 * above 0 gets at least 6 degrees, taken from the largest arc; arcs are parted by a gap of surface colour beside that.
 */
export const states = ['fault', 'error', 'throttle', 'ok'] as const;
export type State = (typeof states)[number];
export type Outcomes = Readonly<Record<State, number>>;

export const smallestArcDegrees = 6;
const gapDegrees = 3;

export interface Arc {
  state: State;
  startDegrees: number;
  lengthDegrees: number;
}

export function totalOf(outcomes: Outcomes): number {
  return outcomes.ok + outcomes.error + outcomes.throttle + outcomes.fault;
}

/** Arcs that together make 360 degrees, gaps included; none when nothing was counted. */
export function ringArcs(outcomes: Outcomes): Arc[] {
  const total = totalOf(outcomes);
  const present = states.filter((state) => outcomes[state] > 0);
  if (total === 0) return [];
  const gap = present.length > 1 ? gapDegrees : 0;
  const degrees = present.map((state) => Math.max(smallestArcDegrees + gap, (outcomes[state] / total) * 360));
  const excess = degrees.reduce((sum, value) => sum + value, 0) - 360;
  const largest = degrees.indexOf(Math.max(...degrees));
  let startDegrees = 0;
  return present.map((state, index) => {
    const span = (degrees[index] ?? 0) - (index === largest ? excess : 0);
    const arc = { state, startDegrees, lengthDegrees: span - gap };
    startDegrees += span;
    return arc;
  });
}

/** The non-ok outcome with the largest count; null when all are ok. On a tie the graver one. */
export function worstOf(outcomes: Outcomes): State | null {
  let worst: State | null = null;
  for (const state of ['fault', 'throttle', 'error'] as const) {
    if (outcomes[state] > (worst === null ? 0 : outcomes[worst])) worst = state;
  }
  return worst;
}
