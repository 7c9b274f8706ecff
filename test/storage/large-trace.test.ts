/** A trace without an end, as of a service that gives every request the same ID, on the real ClickHouse. */
import { traceVersions } from '@fluoroscope/clickhouse/trace-versions';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Installation, type TestClickHouse, testClickHouse } from './installation.js';

/** One more than what is read whole. */
const documents = 50_001;
const start_time = Math.floor(Date.now() / 1000) - 60;
const [endless, other] = [trace(1), trace(2)];

let clickhouse: TestClickHouse;
beforeAll(async () => {
  clickhouse = await testClickHouse();
});
afterAll(() => clickhouse.remove());

test('is stored on, and counted by identity, although it is not looked at as a whole', async () => {
  const installation = await Installation.create(clickhouse);
  await installation.append([segment(other, 1)]);
  await installation.settled();
  await installation.stop();
  await fill(installation);
  // What began before this start is looked for in storage.
  await installation.start();
  await installation.append([segment(endless, documents + 1), segment(endless, 7, 'again'), segment(other, 1, 'again')]);
  await installation.settled();
  await installation.append([segment(endless, documents + 1, 'again')]);
  const { stored, replaced, partialTraces } = await installation.settled();
  expect({ stored, replaced }).toEqual({ stored: 2, replaced: 3 });
  expect(partialTraces).toBe(2);
  expect(await installation.distinctDocuments()).toBe(documents + 2);
  await installation.remove();
});

test('is told apart by its documents and by their bytes, and other traces are read whole beside it', async () => {
  const installation = await Installation.create(clickhouse);
  await installation.append([...[1, 2, 3].map((id) => segment(endless, id)), segment(other, 1), segment(other, 2)]);
  await installation.settled();
  const wanted = new Map([
    [endless, [idOf(2), idOf(9)]],
    [other, []],
    [trace(3), [idOf(1)]],
  ]);
  for (const limits of [
    { versions: 2, bytes: 1e9 },
    { versions: 100, bytes: 2 * segment(endless, 1).length },
  ]) {
    const { versions, partial } = await traceVersions(installation.client, wanted, limits);
    expect([...partial]).toEqual([endless]);
    expect(versions.get(endless)?.map(({ id }) => id)).toEqual([idOf(2)]);
    expect(versions.get(other)?.map(({ id }) => id)).toEqual([idOf(1), idOf(2)]);
    expect(versions.size).toBe(2);
  }
  await installation.remove();
});

/** With documents 1, 2 and so on, which no writer has to be waited for. */
async function fill({ client }: Installation): Promise<void> {
  const hex = endless.slice(2).replace('-', '');
  const query = `INSERT INTO documents SELECT unhex('${hex}'), number + 1, bitShiftLeft(1::UInt64, 63), ${Math.floor(start_time / 10)}, 1, 0, ${start_time}000000,
    replaceOne('${segment(endless, 0)}', '"id":"${idOf(0)}', concat('"id":"', leftPad(lower(hex(number + 1)), 16, '0'))) FROM numbers(${documents})`;
  await client.command({ query });
}

function segment(trace_id: string, id: number, name = 'endless'): string {
  return JSON.stringify({ trace_id, id: idOf(id), name, start_time, end_time: start_time + 0.5 });
}

function idOf(id: number): string {
  return id.toString(16).padStart(16, '0');
}

function trace(n: number): string {
  return `1-${start_time.toString(16)}-${n.toString(16).padStart(24, '0')}`;
}
