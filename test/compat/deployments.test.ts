/** Deployments over HTTP and in the live room. */
import type { Deployment } from '@fluoroscope/contract/deployments';
import type { DeploymentsMessage } from '@fluoroscope/contract/live';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiOnDisk, startApiOnDisk } from './api-on-disk.js';
import { LiveClient, until } from './live-client.js';

const node = { name: 'shop', type: '', accountId: '' };
const deployment = (value: string, atMicros: number): Deployment => ({ node, kind: 'version', value, previous: null, atMicros });
let server: ApiOnDisk;

beforeAll(async () => {
  server = await startApiOnDisk({ deployments: { between: async () => ({ deployments: [deployment('1', 1)], isCut: false }) } });
});
afterAll(() => server.close());

it('answers a range, and refuses what is none', async () => {
  const response = await fetch(`${server.api.url}/api/deployments?from=0&to=10.5`);
  expect([response.status, await response.json()]).toEqual([200, { from: 0, to: 10.5, deployments: [deployment('1', 1)], isCut: false }]);
  for (const query of ['', '?from=1', '?from=2&to=1', '?from=a&to=b', '?from=0&to=1e9', '?from=0&to=99999999'])
    expect((await fetch(`${server.api.url}/api/deployments${query}`)).status, query).toBe(400);
});

it('tells the room what is new, and who comes later what was new, the last sight of each', async () => {
  const early = await join();
  await until(() => early.told.length === 1);
  server.sendDeployments([deployment('1', 5), deployment('2', 9)]);
  server.sendDeployments([deployment('1', 3)]);
  await until(() => early.told.length === 2);
  const late = await join();
  await until(() => late.told.length === 1);
  for (const message of [early.told[1], late.told[0]]) expect(message?.deployments).toEqual([deployment('2', 9), deployment('1', 3)]);
  expect([early.told[1]?.sequence, late.told[0]?.sequence]).toEqual([1, 1]);
  server.sendDeployments(Array.from({ length: 600 }, (_, n) => deployment(`many ${n}`, n)));
  const last = await join();
  await until(() => last.told.length === 1);
  expect(last.told[0]?.deployments).toHaveLength(500);
  for (const { client } of [early, late, last]) client.close();
});

async function join(): Promise<{ client: LiveClient; told: DeploymentsMessage[] }> {
  const client = await LiveClient.connect(server.api.url);
  const told: DeploymentsMessage[] = [];
  client.socket.on('deployments:snapshot', (message) => told.push(message));
  client.socket.on('deployments:delta', (message) => told.push(message));
  client.socket.emit('join', 'deployments');
  return { client, told };
}
