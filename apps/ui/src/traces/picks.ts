/** The rows that the user has picked, at most two, as the address keeps them. */
const mostPicked = 2;

export function readPicks(text: string | null): string[] {
  return [...new Set((text ?? '').split('~').filter((id) => id !== ''))].slice(0, mostPicked);
}

/** Picked or let go; a third takes the place of the first. Null when none is left. */
export function togglePick(picks: readonly string[], traceId: string): string | null {
  const next = picks.includes(traceId) ? picks.filter((id) => id !== traceId) : [...picks, traceId].slice(-mostPicked);
  return next.join('~') || null;
}
