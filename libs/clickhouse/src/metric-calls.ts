/** When calls of PutMetricData were first received, of those that leave a time to us. */
import { type ClickHouseClient, rowsOf } from './clickhouse.js';

/** A client tries a call again for so long, under the same Id: what is older is another call. */
export const retryWindowMs = 15 * 60_000;
/** Asked for in one query, whose parameters stand in the address of the request. */
const callsPerQuery = 1_000;

export interface ReceivedCall {
  /** 16 bytes. */
  call: Uint8Array;
  receivedAtMs: number;
}

/** By the call in hex, the times at which it was first received, ascending, as far as they can matter to these. Bounded by `received`. */
export async function firstReceived(client: ClickHouseClient, received: readonly ReceivedCall[]): Promise<Map<string, number[]>> {
  const first = new Map<string, number[]>();
  for (let at = 0; at < received.length; at += callsPerQuery) {
    const some = received.slice(at, at + callsPerQuery);
    const times = some.map(({ receivedAtMs }) => receivedAtMs);
    const params = {
      calls: some.map(({ call }) => hexOf(call)),
      from: Math.min(...times) - retryWindowMs,
      to: Math.max(...times) + retryWindowMs,
    };
    for (const [call, atMs] of await rowsOf<[string, number]>(client, 'metric-calls', params))
      first.set(call, [...(first.get(call) ?? []), atMs]);
  }
  return first;
}

/** As a key of `firstReceived`. */
export function hexOf(call: Uint8Array): string {
  return Buffer.from(call.buffer, call.byteOffset, call.byteLength).toString('hex');
}
