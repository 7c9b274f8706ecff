/** The first sight of something new that runs on a node: `/api/deployments`, and the live room of the same name. */
import type { NodeKey } from './graph.js';

export const deploymentKinds = ['version', 'runtime', 'image'] as const;
export type DeploymentKind = (typeof deploymentKinds)[number];

export interface Deployment {
  node: NodeKey;
  kind: DeploymentKind;
  value: string;
  /** What was first seen before it; null for the very first, which is no change. */
  previous: string | null;
  /** The earliest start of a segment that said so; an earlier one that comes late moves it. */
  atMicros: number;
}

/** Of one answer; the newest. */
export const maxDeployments = 2_000;

export interface DeploymentsAnswer {
  from: number;
  to: number;
  /** Oldest first. */
  deployments: Deployment[];
  /** True when there were more, which were older. */
  isCut: boolean;
}
