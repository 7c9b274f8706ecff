/** The way from the clients down to the root cause: from the root cause always up to the caller that saw the most faults. */
import type { NodeKey } from '@fluoroscope/contract/graph';
import { clientType } from '@fluoroscope/contract/graph';
import type { InsightDetailAnswer } from '@fluoroscope/contract/insights';
import { nodeId } from '@fluoroscope/xray/node-key';

type Call = InsightDetailAnswer['calls'][number];

export interface PathStep {
  node: NodeKey;
  /** The call that leads here; null for the first of a way without clients. */
  call: Call | null;
}

export function pathTo(rootCause: NodeKey, calls: readonly Call[]): PathStep[] {
  const steps: PathStep[] = [];
  const seen = new Set<string>();
  let node: NodeKey | null = rootCause;
  while (node !== null && node.type !== clientType && !seen.has(nodeId(node))) {
    const here: string = nodeId(node);
    seen.add(here);
    const into = calls.filter(({ caller, callee }) => nodeId(callee) === here && !seen.has(nodeId(caller)));
    const call: Call | null = into.sort((left, right) => right.faults - left.faults || right.requests - left.requests)[0] ?? null;
    steps.push({ node, call });
    node = call?.caller ?? null;
  }
  return steps.reverse();
}
