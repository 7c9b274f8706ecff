/**
 * What an insight says, in sentences. Grafana's X-Ray plugin shows what stands between the first two full stops: so the second
 * sentence is the one that matters most, and neither of the first two has a name or a decimal in it.
 */
import type { NodeKey } from '@fluoroscope/contract/graph';
import { defaultGroupName } from '@fluoroscope/contract/groups';
import type { AnomalousService, Insight, InsightEvent, InsightFigures, RequestCounts } from '@fluoroscope/contract/insights';
import { exactCount, sayShare } from '@fluoroscope/format/format';
import { saySpan } from '@fluoroscope/format/time';
import { expectedRate } from '@fluoroscope/xray/insights/fault-rates';
import { lastEventOf } from '@fluoroscope/xray/insights/incidents';
import { nodeId } from '@fluoroscope/xray/node-key';

export function summaryOf(insight: Insight, { clients, rootCause }: InsightFigures): string {
  const { group, startSeconds, endSeconds, services, what } = lastEventOf(insight);
  const where = group === defaultGroupName ? '' : ` in the group ${group}`;
  const sentences = [
    `Fault rates ${endSeconds === null ? 'are' : 'were'} higher than expected${where}.`,
    clientSentence(clients),
    rootCauseSentence(services[0], rootCause),
  ];
  if (endSeconds !== null) sentences.push(`It lasted ${saySpan(endSeconds - startSeconds)}.`);
  if (what === 'became normal') sentences.push(eventSentences['became normal']);
  return sentences.join(' ');
}

function clientSentence({ fault, total }: RequestCounts): string {
  if (total === 0) return 'No request of a client has come this way.';
  if (fault === 0) return `None of ${countOf(total, 'client request')} failed.`;
  return `${exactCount(fault)} of ${countOf(total, 'client request')} failed.`;
}

function rootCauseSentence(service: AnomalousService | undefined, { fault, total }: RequestCounts): string {
  if (service === undefined) return '';
  const usual = Math.round(expectedRate(service.expected) * total);
  const expected = usual === 0 ? 'hardly any was to be expected' : `${exactCount(usual)} were to be expected`;
  return `The root cause is ${nameOf(service.node)}: ${exactCount(fault)} of its ${countOf(total, 'request')} failed, where ${expected}.`;
}

const eventSentences = {
  closed: 'Fault rates are as expected again.',
  'became normal': 'It has lasted for a day, and is what is expected from now on.',
} as const;

/** `before` is the event before it; null for the first. */
export function eventSummaryOf(event: InsightEvent, before: InsightEvent | null): string {
  const { what, rootCause, services } = event;
  switch (what) {
    case 'opened':
      return `${namesOf(services.map(({ node }) => node))} ${services.length === 1 ? 'fails' : 'fail'} more than expected.`;
    case 'spread': {
      const known = new Set(before?.services.map(({ node }) => nodeId(node)));
      return `Now in ${namesOf(services.map(({ node }) => node).filter((node) => !known.has(nodeId(node))))} too.`;
    }
    case 'root cause':
      return `The root cause is now ${nameOf(rootCause)}.`;
    case 'began earlier':
      return 'It began earlier than was known.';
    case 'worsened':
      return `Now ${sayShare(event.faultShare, 1)} of the requests of ${nameOf(rootCause)} fail.`;
    default:
      return eventSentences[what];
  }
}

const namedAtMost = 3;

function namesOf(nodes: readonly NodeKey[]): string {
  const names = nodes.slice(0, namedAtMost).map(nameOf);
  if (nodes.length > namedAtMost) names.push(countOf(nodes.length - namedAtMost, 'other service'));
  const last = names.pop() ?? 'a service';
  return names.length === 0 ? last : `${names.join(', ')} and ${last}`;
}

function nameOf({ name }: NodeKey): string {
  return name;
}

function countOf(count: number, what: string): string {
  return `${exactCount(count)} ${what}${count === 1 ? '' : 's'}`;
}
