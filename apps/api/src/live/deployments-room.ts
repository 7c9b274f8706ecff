/** Deployments as they are first seen. A snapshot holds the newest since this process began; older ones are asked for. */
import type { Deployment } from '@fluoroscope/contract/deployments';
import { nodeId } from '@fluoroscope/xray/node-key';
import type { RoomContents } from './room.js';

const maxKept = 500;

export class DeploymentsRoom implements RoomContents {
  /** By node, kind and value, in the order in which they were last told. */
  readonly #kept = new Map<string, Deployment>();
  readonly #news = new Map<string, Deployment>();

  apply(deployments: readonly Deployment[]): void {
    for (const deployment of deployments) {
      const id = `${nodeId(deployment.node)}\u0000${deployment.kind}\u0000${deployment.value}`;
      keepNewest(this.#kept, id, deployment);
      keepNewest(this.#news, id, deployment);
    }
  }

  snapshot(): { deployments: Deployment[] } {
    return { deployments: [...this.#kept.values()] };
  }

  delta(): { deployments: Deployment[] } | null {
    if (this.#news.size === 0) return null;
    const deployments = [...this.#news.values()];
    this.#news.clear();
    return { deployments };
  }
}

function keepNewest(kept: Map<string, Deployment>, id: string, deployment: Deployment): void {
  kept.delete(id);
  kept.set(id, deployment);
  const [oldest] = kept.keys();
  if (kept.size > maxKept && oldest !== undefined) kept.delete(oldest);
}
