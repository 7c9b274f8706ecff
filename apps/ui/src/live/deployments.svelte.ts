/** What was deployed, node by node: what the room tells, from the page's first look on, and what is stored of an earlier time. */
import type { Deployment, DeploymentsAnswer } from '@fluoroscope/contract/deployments';
import { nodeAddress } from './address.js';
import { fetchJson } from './fetch-json.js';
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

  /** Adds those of an earlier time, epoch seconds. Without them the charts of that time have no marks. */
  async recall(from: number, to: number): Promise<void> {
    const query = new URLSearchParams({ from: String(from), to: String(to) });
    const answer = await fetchJson<DeploymentsAnswer>(`/api/deployments?${query}`).catch(() => null);
    if (answer) this.#take(answer.deployments);
  }

  /** The newest of each node, while it is worth a badge. The same map as long as it holds the same. */
  fresh(nowMs: number): ReadonlyMap<string, Deployment> {
    const entries = [...this.byNode].flatMap(([node, all]) => {
      const newest = all.at(-1);
      return newest && nowMs - newest.atMicros / 1_000 < freshMs ? [[node, newest] as const] : [];
    });
    if (entries.length !== this.#fresh.size || entries.some(([node, newest]) => this.#fresh.get(node) !== newest)) {
      this.#fresh = new Map(entries);
    }
    return this.#fresh;
  }
  #fresh: ReadonlyMap<string, Deployment> = new Map();

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
