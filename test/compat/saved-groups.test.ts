/** Groups as the dashboard saves them: the same ones that X-Ray's clients see, with what is wrong by member. */
import { GetGroupsCommand } from '@aws-sdk/client-xray';
import type { GroupsAnswer } from '@fluoroscope/contract/groups';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiOnDisk, clientOf, startApiOnDisk } from './api-on-disk.js';

let server: ApiOnDisk;

beforeAll(async () => {
  server = await startApiOnDisk();
});
afterAll(() => server.close());

async function call(method: string, name: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
  const path = name === '' ? '' : `/${encodeURIComponent(name)}`;
  const response = await fetch(`${server.api.url}/api/groups${path}`, { method, body: body === undefined ? null : JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function saved(): Promise<Record<string, string | undefined>> {
  const { groups } = (await call('GET', '')).body as unknown as GroupsAnswer;
  return Object.fromEntries(groups.map(({ name, filters }) => [name, filters.at(-1)?.expression]));
}

it('are saved, changed and deleted, and AWS clients read the same ones', async () => {
  expect((await call('POST', '', { name: 'slow', expression: 'responsetime > 1' })).status).toBe(201);
  expect((await call('PUT', 'slow', { expression: 'responsetime > 2' })).body).toMatchObject({
    name: 'slow',
    filters: [{}, { version: 2 }],
  });
  const client = clientOf(server.api.url);
  const { Groups = [] } = await client.send(new GetGroupsCommand({}));
  expect(Groups.map(({ GroupName, FilterExpression = '' }) => [GroupName, FilterExpression])).toEqual([
    ['Default', ''],
    ['slow', 'responsetime > 2'],
  ]);
  client.destroy();
  expect((await call('DELETE', 'slow')).body.name).toBe('slow');
  expect(await saved()).toEqual({ Default: '' });
});

it.each([
  ['POST', '', { name: 'a b', expression: 'ok' }, 400, 'invalid_request', ['name']],
  ['POST', '', { name: '', expression: 'ok AND' }, 400, 'invalid_request', ['expression', 'name']],
  ['POST', '', { name: 'Default', expression: '' }, 400, 'invalid_request', ['name']],
  ['POST', '', { name: 'nested', expression: 'group.name = "slow"' }, 400, 'invalid_request', ['expression']],
  ['POST', '', { name: 'taken', expression: 'ok' }, 409, 'group_exists', ['name']],
  ['POST', '', { name: 7 }, 400, 'invalid_request', []],
  ['PUT', 'taken', { expression: '(' }, 400, 'invalid_request', ['expression']],
  ['PUT', 'nobody', { expression: 'ok' }, 404, 'group_unknown', []],
  ['DELETE', 'nobody', undefined, 404, 'group_unknown', []],
  ['DELETE', 'Default', undefined, 400, 'default_group', []],
])('%s of %j with %j is refused', async (method, name, body, status, code, fields) => {
  await call('POST', '', { name: 'taken', expression: 'fault' });
  const answer = await call(method, name, body);
  expect([answer.status, answer.body.code, Object.keys(answer.body.fields ?? {}).sort()]).toEqual([status, code, fields]);
  expect(await saved()).toEqual({ Default: '', taken: 'fault' });
});
