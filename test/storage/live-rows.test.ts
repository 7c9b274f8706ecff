/** What the live view has shown stays shown while it is stored behind it. */

import { setTimeout as sleep } from 'node:timers/promises';
import { GraphWindow } from '@fluoroscope/xray/graph-window';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../compat/live-client.js';
import { Installation, type TestClickHouse, testClickHouse } from './installation.js';

const segments = 90;
const betweenMs = 40;
/** How long to wait for what must come. */
const patientMs = 60_000;

let clickhouse: TestClickHouse;
beforeAll(async () => {
  clickhouse = await testClickHouse();
});
afterAll(() => clickhouse.remove());

function segmentOf(name: string, n: number): string {
  const now = Date.now() / 1000;
  const trace_id = `1-${Math.floor(now).toString(16)}-${n.toString(16).padStart(24, '0')}`;
  return JSON.stringify({ trace_id, id: (n + 1).toString(16).padStart(16, '0'), name, start_time: now - 0.01, end_time: now });
}

test('a node that was shown never vanishes when its open slice is put in place without it', async () => {
  const installation = await Installation.create(clickhouse);
  const window = new GraphWindow();
  const shown = new Set<string>();
  let applied = 0;
  const vanished = () => {
    for (; applied < installation.published.length; applied++) window.apply(installation.published.slice(applied, applied + 1));
    const names = new Set(window.snapshot().flatMap(({ nodes }) => nodes.map(([name]) => name)));
    const gone = [...shown].filter((name) => !names.has(name));
    for (const name of names) shown.add(name);
    return gone;
  };
  for (let n = 0; n < segments; n++) {
    await installation.append([segmentOf(`service-${n}`, n)]);
    await sleep(betweenMs);
    expect(vanished()).toEqual([]);
  }
  await installation.settled();
  const isAllStored = () => {
    expect(vanished()).toEqual([]);
    return shown.size === segments && installation.published.some(({ stored }) => stored);
  };
  await until(isAllStored, patientMs);
  await installation.remove();
});
