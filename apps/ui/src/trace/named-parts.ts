/**
 * Where the time of a managed service went, in the words that its documents have: what API Gateway did beside its integration,
 * and how Lambda divides a function's time. Nothing is said that the documents do not show.
 */
import { formatDuration, formatShare } from '@fluoroscope/format/format';
import { childrenWithTime } from '@fluoroscope/xray/self-time';
import { rowFlags, rowKinds, type Waterfall } from '@fluoroscope/xray/waterfall';
import type { DetailRow } from './detail-rows.js';
import type { TraceData } from './messages.js';

/** Subsegments of a function's segment, as Lambda writes them. */
const functionParts = ['Initialization', 'Invocation', 'Overhead'] as const;

export function namedParts(data: TraceData, row: number): DetailRow[] {
  const { rows } = data;
  if (rows.kind[row] !== rowKinds.segment || isOpen(rows, row)) return [];
  const type = rows.services[rows.service[row] ?? 0]?.type;
  if (type === 'AWS::ApiGateway::Stage') return gatewayParts(data, row);
  if (type === 'AWS::Lambda::Function') return partsOfFunction(rows, row);
  return type === 'AWS::Lambda' ? lambdaParts(rows, row) : [];
}

function gatewayParts({ rows, self }: TraceData, row: number): DetailRow[] {
  const duration = rows.duration[row] ?? 0;
  const overhead = self[row] ?? 0;
  const isCalling = [...childrenWithTime(rows, row)].some((child) => rows.kind[child] === rowKinds.call);
  if (!isCalling) return [{ key: 'Integration', value: 'not reached' }];
  return [
    { key: 'Integration', value: formatDuration(duration - overhead) },
    { key: 'Gateway overhead', value: `${formatDuration(overhead)} (${formatShare(overhead, duration)})` },
  ];
}

function partsOfFunction(rows: Waterfall, row: number): DetailRow[] {
  return functionParts.flatMap((name) => {
    const part = partOf(rows, row, name);
    return part === -1 ? [] : [{ key: name, value: formatDuration(rows.duration[part] ?? 0) }];
  });
}

/** The service's segment spans the function's; initialization lies between their starts. */
function lambdaParts(rows: Waterfall, row: number): DetailRow[] {
  const fn = functionBelow(rows, row);
  if (fn === -1 || isOpen(rows, fn)) return [];
  const initialization = partOf(rows, fn, 'Initialization');
  const spent = (rows.duration[fn] ?? 0) + (initialization === -1 ? 0 : (rows.duration[initialization] ?? 0));
  const service = Math.max(0, (rows.duration[row] ?? 0) - spent);
  return [
    ...partsOfFunction(rows, fn),
    { key: 'Lambda service', value: `${formatDuration(service)} (${formatShare(service, rows.duration[row] ?? 0)})` },
  ];
}

function partOf(rows: Waterfall, row: number, name: string): number {
  for (const child of childrenWithTime(rows, row)) {
    if (rows.kind[child] === rowKinds.step && rows.strings[rows.name[child] ?? 0] === name) return child;
  }
  return -1;
}

/** Below the segment itself, or below its attempt. */
function functionBelow(rows: Waterfall, row: number): number {
  const end = rows.subtreeEnd[row] ?? row + 1;
  for (let at = row + 1; at < end; at++) {
    const { type, name } = rows.services[rows.service[at] ?? 0] ?? {};
    const isFunction = rows.kind[at] === rowKinds.segment && type === 'AWS::Lambda::Function';
    if (isFunction && name === rows.services[rows.service[row] ?? 0]?.name) return at;
  }
  return -1;
}

function isOpen(rows: Waterfall, row: number): boolean {
  return ((rows.flags[row] ?? 0) & rowFlags.inProgress) !== 0;
}
