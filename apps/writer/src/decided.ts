/** What has become of the documents of one partition; durable with the position behind them. */
export interface Decided {
  stored: number;
  replaced: number;
  rejected: number;
  dead: number;
  lost: number;
  negativeDurations: number;
  /** Not a count: of the writer that has decided it. */
  generation: number;
}

export function emptyCounts(): Decided {
  return { stored: 0, replaced: 0, rejected: 0, dead: 0, lost: 0, negativeDurations: 0, generation: 0 };
}

export function addCounts(to: Decided, by: Partial<Decided>): Decided {
  for (const name of ['stored', 'replaced', 'rejected', 'dead', 'lost', 'negativeDurations'] as const) {
    to[name] += by[name] ?? 0;
  }
  return to;
}
