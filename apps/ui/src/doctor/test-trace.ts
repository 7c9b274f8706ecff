/** One real trace, sent through the front door: PutTraceSegments on the page's own address. */
const idBytes = 8;
const traceBytes = 12;
const durationSeconds = 0.12;

function hex(bytes: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Resolves when the trace was taken; rejects with a sentence for a person. */
export async function sendTestTrace(nowMs: number): Promise<void> {
  const end = nowMs / 1_000;
  const document = {
    name: 'test-trace',
    id: hex(idBytes),
    trace_id: `1-${Math.floor(end).toString(16).padStart(8, '0')}-${hex(traceBytes)}`,
    start_time: end - durationSeconds,
    end_time: end,
    http: { request: { method: 'GET', url: `${location.origin}/` }, response: { status: 200 } },
  };
  const response = await fetch('/TraceSegments', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ TraceSegmentDocuments: [JSON.stringify(document)] }),
  });
  if (!response.ok) throw new Error(`The API answered ${response.status} ${response.statusText}`.trim());
  const { UnprocessedTraceSegments: [refused] = [] } = (await response.json()) as {
    UnprocessedTraceSegments?: Array<{ Message?: string }>;
  };
  if (refused) throw new Error(refused.Message ?? 'The API left the trace unprocessed');
}
