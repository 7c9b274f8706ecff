/** Segment documents as an X-Ray SDK writes them, all ending now. */
import { randomBytes } from 'node:crypto';

export interface Request {
  name: string;
  status: number;
  durationSeconds: number;
  url?: string;
}

export function segmentOf({ name, status, durationSeconds, url = `http://${name}/` }: Request): string {
  const end = Date.now() / 1_000;
  const hex = (bytes: number) => randomBytes(bytes).toString('hex');
  return JSON.stringify({
    name,
    id: hex(8),
    trace_id: `1-${Math.floor(end).toString(16)}-${hex(12)}`,
    start_time: end - durationSeconds,
    end_time: end,
    http: { request: { method: 'GET', url }, response: { status } },
    ...(status >= 500 ? { fault: true } : {}),
    ...(status >= 400 && status < 500 ? { error: true } : {}),
    ...(status === 429 ? { throttle: true } : {}),
  });
}

/** One document for each status. */
export function segmentsOf(name: string, statuses: readonly number[], durationSeconds = 0.1): string[] {
  return statuses.map((status) => segmentOf({ name, status, durationSeconds }));
}

/** A request that is going on, and what ends it. */
export function openSegment(name: string, status: number): { open: string; done: (endSeconds: number) => string } {
  const { end_time: start, ...whole } = JSON.parse(segmentOf({ name, status, durationSeconds: 0 }));
  const { http, ...rest } = { ...whole, start_time: start };
  return {
    open: JSON.stringify({ ...rest, http: { request: http.request }, in_progress: true }),
    done: (endSeconds) => JSON.stringify({ ...rest, http, end_time: endSeconds }),
  };
}

/** A request that calls another service: what the caller tells of it, and what the callee does. */
export function callOf(caller: string, callee: string): { caller: string; callee: string } {
  const outer = JSON.parse(segmentOf({ name: caller, status: 200, durationSeconds: 0.1 }));
  const inner = JSON.parse(segmentOf({ name: callee, status: 200, durationSeconds: 0.05 }));
  const { start_time, end_time, http } = inner;
  const call = { id: randomBytes(8).toString('hex'), name: callee, namespace: 'remote', start_time, end_time, http };
  return {
    caller: JSON.stringify({ ...outer, subsegments: [call] }),
    callee: JSON.stringify({ ...inner, trace_id: outer.trace_id, parent_id: call.id }),
  };
}
