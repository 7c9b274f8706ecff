/** Places of the map over HTTP and in the live room: read what you wrote, see what others wrote, and be told what is wrong. */
import type { Place, PlaceChange } from '@fluoroscope/contract/control';
import type { PlacesDelta, PlacesSnapshot } from '@fluoroscope/contract/live';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiOnDisk, startApiOnDisk } from './api-on-disk.js';
import { LiveClient, until } from './live-client.js';

let server: ApiOnDisk;

beforeAll(async () => {
  server = await startApiOnDisk();
});
afterAll(() => server.close());

const place = (node: string, x: number): Place => ({ node, x, y: 2.5, pinned: true });

async function put(body: unknown): Promise<{ status: number; body: { version: number; code: string; message: string } }> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`${server.api.url}/api/map/places`, { method: 'PUT', body: text });
  return { status: response.status, body: (await response.json()) as { version: number; code: string; message: string } };
}

async function places(): Promise<{ places: Place[]; version: number }> {
  return (await (await fetch(`${server.api.url}/api/map/places`)).json()) as { places: Place[]; version: number };
}

it('gives what was put, and tells who is in the room', async () => {
  const client = await LiveClient.connect(server.api.url);
  const snapshots: PlacesSnapshot[] = [];
  const deltas: PlacesDelta[] = [];
  client.socket.on('places:snapshot', (message) => snapshots.push(message));
  client.socket.on('places:delta', (message) => deltas.push(message));
  client.socket.emit('join', 'places');
  await until(() => snapshots.length === 1);
  const changes: PlaceChange[] = [place('shop|AWS::ECS::Container', 1), place('<script>|‮', -7)];
  const { status, body } = await put({ changes });
  expect(status).toBe(200);
  expect(await places()).toEqual({ places: changes, version: body.version });
  await until(() => deltas.length === 1);
  expect(deltas[0]).toMatchObject({ sequence: 1, changes, version: body.version });
  const removed = await put({ changes: [{ node: 'shop|AWS::ECS::Container', removed: true }] });
  expect(await places()).toEqual({ places: [changes[1]], version: removed.body.version });
  await until(() => deltas.length === 2);
  expect(deltas[1]?.changes).toEqual([{ node: 'shop|AWS::ECS::Container', removed: true }]);
  client.close();
});

it('lets the last of many writers win, for everyone the same', async () => {
  const answers = await Promise.all(Array.from({ length: 50 }, (_, x) => put({ changes: [place('busy', x)] })));
  const versions = answers.map(({ body }) => body.version);
  expect(new Set(versions).size).toBe(50);
  const last = versions.indexOf(Math.max(...versions));
  expect((await places()).places.find(({ node }) => node === 'busy')?.x).toBe(last);
});

it.each([
  '',
  'not JSON',
  '[]',
  'null',
  { changes: [] },
  { changes: 'a' },
  { changes: [{ ...place('a', 1), x: null }] },
  '{"changes": [{"node": "a", "x": 1e999, "y": 0, "pinned": true}]}',
  { changes: [place('', 1)] },
  { changes: [place('a'.repeat(3_000), 1)] },
  { changes: Array.from({ length: 501 }, (_, x) => place(`n${x}`, x)) },
])('refuses %.60j and changes nothing', async (body) => {
  const before = await places();
  const answer = await put(body);
  expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request']);
  expect(await places()).toEqual(before);
});

it('keeps a bounded number, and says so', async () => {
  const codes: string[] = [];
  for (let first = 0; first < 5_500; first += 500) {
    const { body } = await put({ changes: Array.from({ length: 500 }, (_, n) => place(`many ${first + n}`, n)) });
    if (body.code) codes.push(body.code);
  }
  expect(new Set(codes)).toEqual(new Set(['too_many_places']));
  expect((await places()).places.length).toBeLessThanOrEqual(5_000);
});
