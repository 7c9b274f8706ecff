/** What is known of requests that were not recorded, in words. Always marked as an estimate, with what it rests on. */
import type { EdgeEstimate, GraphEstimates, NodeEstimate } from '@fluoroscope/contract/sampling';
import { exactCount, formatCount, formatRate, formatShare } from '@fluoroscope/format/format';
import { edgeAddress, nodeAddress } from '../live/address.js';

/** Reports are kept for so long. */
export const estimateRangeSeconds = 3_600;
/** Weights below this are those of a sampler that takes everything. */
const leastWeight = 1.005;

export interface EstimateText {
  /** '' where there is no estimate. */
  all: string;
  line: string;
  /** What it rests on, one sentence each. */
  basis: string[];
}

const noEstimate: EstimateText = { all: '', line: 'Recorded requests. No sampler reports what else there was.', basis: [] };

/** `≈ 84/s`: what a rate of recorded requests stands for; null where that is the rate itself, or is not known. */
export function estimatedRate(ratePerSecond: number, weight: number | null): string | null {
  return weight === null || weight < leastWeight || ratePerSecond === 0 ? null : `≈ ${formatRate(ratePerSecond * weight)}`;
}

/** `address` is that of a node or of a call. */
export function estimateText(answer: GraphEstimates | null, address: string): EstimateText {
  const found: NodeEstimate | EdgeEstimate | undefined =
    answer?.nodes.find(({ node }) => nodeAddress(node) === address) ??
    answer?.edges.find(({ caller, callee }) => edgeAddress(nodeAddress(caller), nodeAddress(callee)) === address);
  if (!answer || !found) return noEstimate;
  if (found.estimated < found.observed * leastWeight)
    return { all: '', line: 'Samplers report that all requests were recorded.', basis: [] };
  const seconds = Math.max(1, answer.to - answer.from);
  return {
    all: `≈ ${formatRate(found.estimated / seconds)}`,
    line: `in all, estimated; one of ${oneOf(found.estimated / found.observed)} is recorded`,
    basis: basisOf(found),
  };
}

function oneOf(weight: number): string {
  return weight.toFixed(weight < 10 ? 1 : 0);
}

function basisOf({ observed, estimated, share, ...found }: NodeEstimate | EdgeEstimate): string[] {
  const rules = 'rules' in found ? found.rules : [];
  const sums = `${exactCount(observed)} recorded requests stand for about ${formatCount(Math.round(estimated))}.`;
  const own = rules.map(({ rule, weight }) => `Rule ${rule} recorded one of ${oneOf(weight)}, as its samplers report.`);
  const callers = 'rules' in found ? [] : ['Each call stands for as many as the requests of its caller.'];
  if ('rules' in found && rules.length === 0)
    callers.push('What is recorded here was decided by its callers: each request stands for as many as theirs.');
  const rest = share > 0.9995 ? [] : [`It rests on ${formatShare(share, 1)} of them; the others are taken to be alike.`];
  return [sums, ...own, ...callers, ...rest];
}
