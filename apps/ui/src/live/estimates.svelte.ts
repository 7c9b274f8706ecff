/** Asks how many requests there were, of what the map shows, as often as samplers report; of a long range nothing is known. */
import type { GraphEstimates } from '@fluoroscope/contract/sampling';
import { estimateRangeSeconds } from '../panel/estimate.js';
import type { GraphStore } from './graph-store.svelte.js';
import { Polled, rangeOf } from './polled.svelte.js';

const pollMs = 10_000;

export class Estimates {
  readonly #found = new Polled<GraphEstimates>();

  /** Null while nothing is known. */
  get answer(): GraphEstimates | null {
    return this.#found.answer;
  }

  /** Of the window, as `rangeKey` writes it. The answer stops it. */
  follow(graph: GraphStore, asked: string): (() => void) | undefined {
    const { group } = graph;
    const range = () => rangeOf(asked, graph.serverNowMs / 1_000);
    this.#found.forget();
    const { from, to, moving } = range();
    if (to - from > estimateRangeSeconds) return undefined;
    const path = () => {
      const now = range();
      const query = { from: now.from.toFixed(3), to: now.to.toFixed(3), ...(group === null ? {} : { group }) };
      return `/api/graph/estimates?${new URLSearchParams(query)}`;
    };
    return this.#found.follow(path, moving ? pollMs : null);
  }
}
