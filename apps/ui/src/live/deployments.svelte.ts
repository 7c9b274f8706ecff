/** What was deployed, node by node: what the room tells, from the page's first look on. */
import type { Deployment } from '@fluoroscope/contract/deployments';
import { nodeAddress } from './address.js';
import type { LiveStream } from './stream.svelte.js';

/** The room's snapshot is bounded, and so is what comes after it. */
const mostKept = 2_000;
/** A card tells of a deployment for so long. */
export const freshMs = 600_000;

export class Deployments {
  /** By the node's address, oldest first. The first sight of a node is no change of it, and left out. */
  byNode = $state.raw<ReadonlyMap<string, readonly Deployment[]>>(new Map());
  #all = new Map<string, Deployment>();

  /** Until the answer is called. */
  follow(stream: LiveStream): () => void {
    return stream.followDeployments(({ deployments }) => this.#take(deployments));
  }

  /** The newest, while it is worth a badge. */
  fresh(node: string, nowMs: number): Deployment | null {
    const newest = this.byNode.get(node)?.at(-1);
    return newest && nowMs - newest.atMicros / 1_000 < freshMs ? newest : null;
  }

  #take(deployments: readonly Deployment[]): void {
    for (const deployment of deployments) {
      const { node, kind, value, previous } = deployment;
      if (previous !== null) this.#all.set(`${nodeAddress(node)} ${kind} ${value}`, deployment);
    }
    const sorted = [...this.#all].sort(([, a], [, b]) => a.atMicros - b.atMicros).slice(-mostKept);
    this.#all = new Map(sorted);
    const byNode = new Map<string, Deployment[]>();
    for (const [, deployment] of sorted) {
      const id = nodeAddress(deployment.node);
      byNode.set(id, [...(byNode.get(id) ?? []), deployment]);
    }
    this.byNode = byNode;
  }
}
