/** What the dashboard reads of traces: real log, real writer, real ClickHouse, real port. */
import { StoredTraceReader } from '@fluoroscope/clickhouse/trace-reader';
import type { SegmentDocument } from '@fluoroscope/contract/documents';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiOnDisk, startApiOnDisk } from '../compat/api-on-disk.js';
import { until } from '../compat/live-client.js';
import { Installation, type TestClickHouse, testClickHouse } from './installation.js';

const nowSeconds = Math.floor(Date.now() / 1000);

let clickhouse: TestClickHouse;
let installation: Installation;
let server: ApiOnDisk;

beforeAll(async () => {
  clickhouse = await testClickHouse();
  installation = await Installation.create(clickhouse);
  server = await startApiOnDisk({ log: installation.log, graph: installation.graph, traces: new StoredTraceReader(installation.client) });
});

afterAll(async () => {
  await server?.close();
  await installation?.remove();
  await clickhouse?.remove();
});

describe('one trace', () => {
  test('is answered as lines of JSON: its winning versions as they were sent, by start', async () => {
    const traceId = traceIdOf(1);
    const open = segment(1, { trace_id: traceId, start_time: nowSeconds - 50, end_time: undefined, in_progress: true });
    const texts = [
      JSON.stringify(segment(2, { trace_id: traceId, parent_id: idOf(1), start_time: nowSeconds - 49, name: 'späť' })),
      JSON.stringify(open),
      JSON.stringify({ ...open, end_time: nowSeconds - 40, in_progress: undefined }, null, 2),
    ];
    await installation.append(texts);
    await installation.append([JSON.stringify(open)]);
    await stored();
    const response = await get(`/api/traces/${traceId.toUpperCase()}`);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
    expect([response.headers.get('x-fluoroscope-documents'), response.headers.get('x-fluoroscope-kept')]).toEqual(['2', '2']);
    const lines = (await response.text()).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).id)).toEqual([idOf(1), idOf(2)]);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ end_time: nowSeconds - 40 });
  });

  test('is cut at its bound, and says so', async () => {
    const traceId = traceIdOf(2);
    const metadata = { app: { padding: 'x'.repeat(60_000) } };
    for (let n = 0; n < 1_150; n += 50) {
      const part = Array.from({ length: 50 }, (_, i) =>
        segment(n + i + 1, { trace_id: traceId, start_time: nowSeconds - 60 + (n + i) / 1e4, metadata }),
      );
      await installation.append(part.map((document) => JSON.stringify(document)));
    }
    await stored();
    const response = await get(`/api/traces/${traceId}`);
    const kept = Number(response.headers.get('x-fluoroscope-kept'));
    const text = await response.text();
    expect(response.headers.get('x-fluoroscope-documents')).toBe('1150');
    expect(text.length).toBeLessThanOrEqual(64 * 1024 * 1024);
    const ids = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).id);
    expect(ids).toEqual(Array.from({ length: kept }, (_, n) => idOf(n + 1)));
    expect(kept).toBeGreaterThan(1_000);
  });

  test.each([
    [`/api/traces/${traceIdOf(999)}`, 404, 'unknown_trace'],
    ['/api/traces/nonsense', 400, 'invalid_request'],
    [`/api/traces/${'1'.repeat(90)}`, 400, 'invalid_request'],
    ["/api/traces/1-00000000-00000000000000000000000')", 400, 'invalid_request'],
    ['/api/nowhere', 404, 'unknown_path'],
  ])('%s is refused with %i %s', async (path, status, code) => {
    const response = await get(path, { accept: 'text/html' });
    expect([response.status, await response.json()]).toEqual([status, { message: expect.any(String), code }]);
  });
});

/** Until everything appended is stored; slices are not asked for here. */
async function stored(): Promise<void> {
  await until(() => installation.counters().lag === 0 && installation.counters().appended === installation.log.endPosition(), 60_000);
}

function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(server.api.url + path, { headers });
}

function idOf(n: number): string {
  return n.toString(16).padStart(16, '0');
}

function traceIdOf(n: number): string {
  return `1-${nowSeconds.toString(16)}-${n.toString(16).padStart(24, 'a')}`;
}

function segment(n: number, members: Partial<SegmentDocument>): SegmentDocument {
  return { id: idOf(n), trace_id: traceIdOf(0), name: 'shop', start_time: nowSeconds - 30, end_time: nowSeconds - 29, ...members };
}
