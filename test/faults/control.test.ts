/** What people edit survives: kill -9 of the whole tree in the middle of edits, and a torn end of the control log. */
import { readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PlacesAnswer } from '@fluoroscope/contract/control';
import { afterEach, expect, test } from 'vitest';
import { until } from '../compat/live-client.js';
import { Standalone } from '../fixtures/standalone.js';

/** How long to wait for what must come. */
const patientMs = 60_000;

let standalone: Standalone | null = null;
afterEach(async () => {
  await standalone?.remove();
  standalone = null;
});

test('every place that was acknowledged is there after kill -9, again and again, and after an orderly restart', async () => {
  standalone = await Standalone.start();
  const acknowledged = new Map<string, number>();
  const offered = new Map<string, number>();
  let x = 0;
  for (let round = 0; round < 3; round++) {
    const { httpUrl } = standalone;
    const editing = edit(httpUrl, { acknowledged, offered, next: () => x++ });
    const before = acknowledged.size === 0 ? -1 : Math.max(...acknowledged.values());
    await until(() => Math.max(-1, ...acknowledged.values()) > before, patientMs);
    await sleep(400 + round * 150);
    await standalone.killTree();
    await editing;
    if (round === 1) tearEnd(join(standalone.folder, 'control'));
    standalone = await Standalone.start({ folder: standalone.folder });
    expectKept(await read(standalone), acknowledged, offered);
  }
  const before = await read(standalone);
  expect((await standalone.stop()).code).toBe(0);
  standalone = await Standalone.start({ folder: standalone.folder });
  expect(await read(standalone)).toEqual(before);
  expect((await standalone.metrics()).get('fluoroscope_control_applied_total')).toBe(0);
});

interface Edits {
  acknowledged: Map<string, number>;
  offered: Map<string, number>;
  next: () => number;
}

/** One after the other, until the server is gone. */
async function edit(httpUrl: string, { acknowledged, offered, next }: Edits): Promise<void> {
  for (;;) {
    const x = next();
    const node = `node ${x % 20}`;
    offered.set(node, x);
    const body = JSON.stringify({ changes: [{ node, x, y: 0, pinned: true }] });
    try {
      const response = await fetch(`${httpUrl}/api/map/places`, { method: 'PUT', body, signal: AbortSignal.timeout(patientMs) });
      if (response.ok) acknowledged.set(node, x);
    } catch {
      return; // it was killed
    }
  }
}

/** The beginning of a record that was never acknowledged, as a crash leaves it. */
function tearEnd(folder: string): void {
  const name =
    readdirSync(folder)
      .filter((one) => one.endsWith('.log'))
      .sort()
      .at(-1) ?? '';
  const path = join(folder, name);
  const { size } = statSync(path);
  truncateSync(path, size + 9);
}

async function read({ httpUrl }: Standalone): Promise<PlacesAnswer> {
  return (await (await fetch(`${httpUrl}/api/map/places`)).json()) as PlacesAnswer;
}

/** The last edit before a kill may have been made without an answer. */
function expectKept({ places }: PlacesAnswer, acknowledged: Map<string, number>, offered: Map<string, number>): void {
  const kept = new Map(places.map(({ node, x }) => [node, x]));
  expect(acknowledged.size).toBeGreaterThan(0);
  for (const [node, x] of acknowledged) expect([x, offered.get(node)]).toContain(kept.get(node));
}
