/** What the writers tell, given to whoever listens: the same however it has travelled. */
import { EventEmitter } from 'node:events';
import type { Deployment } from '@fluoroscope/contract/deployments';
import type { ShardRows } from '@fluoroscope/contract/graph';
import type { LiveInterest, LiveTraces } from '@fluoroscope/contract/live';
import type { LiveMessage } from '@fluoroscope/contract/process-messages';
import type { LiveSource } from './live-source.js';

interface FeedEvents {
  slices: [rows: ShardRows[]];
  traces: [traces: LiveTraces];
  deployments: [deployments: Deployment[]];
  watch: [];
}

export class LiveFeed implements LiveSource {
  /** What somebody here wants of traces. */
  interest: LiveInterest = { rows: false, traces: [] };
  readonly #events = new EventEmitter<FeedEvents>();

  hear(message: LiveMessage): void {
    if (message.kind === 'slices') this.#events.emit('slices', message.rows);
    else if (message.kind === 'traces') this.#events.emit('traces', message.traces);
    else this.#events.emit('deployments', message.deployments);
  }

  /** Calls back whenever `interest` has changed. */
  onWatch(listener: () => void): void {
    this.#events.on('watch', listener);
  }

  watch(interest: LiveInterest): void {
    this.interest = interest;
    this.#events.emit('watch');
  }

  onSlices(listener: (rows: ShardRows[]) => void): () => void {
    this.#events.on('slices', listener);
    return () => void this.#events.off('slices', listener);
  }

  onTraces(listener: (traces: LiveTraces) => void): () => void {
    this.#events.on('traces', listener);
    return () => void this.#events.off('traces', listener);
  }

  onDeployments(listener: (deployments: Deployment[]) => void): () => void {
    this.#events.on('deployments', listener);
    return () => void this.#events.off('deployments', listener);
  }
}
