/** `/api/graph/…` refuses in the dashboard's shape what it cannot answer, and says so when storage is away. */
import { maxHistoryPoints, maxHistorySlices } from '@fluoroscope/contract/history';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiOnDisk, startApiOnDisk } from './api-on-disk.js';

let server: ApiOnDisk;
const asked: object[] = [];

beforeAll(async () => {
  const slices = async (range: object) => {
    asked.push(range);
    return { slices: [], incomplete: [] };
  };
  const series = async (range: object, subject: object) => {
    asked.push({ range, subject });
    return { points: [], incomplete: [] };
  };
  server = await startApiOnDisk({ history: { slices, series, course: async () => [] } });
});

afterAll(() => server.close());

async function get(path: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${server.api.url}/api/graph/${path}`);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

it('widens a range to whole periods', async () => {
  const { status, body } = await get('slices?from=1000.5&to=1021&period=10');
  expect([status, body]).toEqual([200, { from: 1000, to: 1030, period: 10, slices: [], incomplete: [], containsOldGroupVersions: false }]);
  expect(asked.at(-1)).toEqual({ from: 1000, to: 1030, period: 10 });
});

it('reads nodes and edges as the addresses of the page write them', async () => {
  const node = encodeURIComponent('a%7Cb|AWS::Lambda|123456789012');
  await get(`series?from=0&to=60&period=60&node=${node}`);
  expect(asked.at(-1)).toMatchObject({ subject: { node: { name: 'a|b', type: 'AWS::Lambda', accountId: '123456789012' } } });
  await get(`series?from=0&to=60&period=60&edge=${encodeURIComponent('shop>orders|remote')}`);
  expect(asked.at(-1)).toMatchObject({ subject: { caller: { name: 'shop', type: '' }, callee: { name: 'orders', type: 'remote' } } });
});

it.each([
  ['slices?from=0&to=60', /period/],
  ['slices?from=0&to=60&period=30', /period/],
  ['slices?from=0&period=60', /from and to/],
  ['slices?from=60&to=0&period=60', /later/],
  ['slices?from=-1&to=0&period=60', /from/],
  [`slices?from=0&to=${10 * maxHistorySlices + 1}&period=10`, /longer/],
  [`slices?from=5&to=${10 * maxHistorySlices + 5}&period=10`, /more than 1000 periods/],
  [`series?from=0&to=${60 * maxHistoryPoints + 1}&period=60&node=a`, /longer/],
  ['series?from=0&to=60&period=60', /node or edge/],
  ['series?from=0&to=60&period=60&node=a&edge=a>b', /node or edge/],
  ['series?from=0&to=60&period=60&edge=a', />/],
  ['series?from=0&to=60&period=60&edge=a>b>c', />/],
  ['series?from=0&to=60&period=60&node=a&node=b', /more than once/],
  [`series?from=0&to=60&period=60&node=${'a'.repeat(5_000)}`, /longer than/],
  [`slices?from=0&to=60&period=60&group=${'a'.repeat(33)}`, /longer than 32/],
  ['slices?from=0&to=60&period=60&group=a&group=b', /more than once/],
])('refuses %s', async (path, reason) => {
  const { status, body } = await get(path);
  expect([status, body.code]).toEqual([400, 'invalid_request']);
  expect(body.message).toMatch(reason);
});

it.each(['slices?from=0&to=60&period=60', 'series?from=0&to=60&period=60&node=a', 'estimates?from=0&to=60'])(
  'refuses to narrow %s to a group that is not there',
  async (path) => {
    const { status, body } = await get(`${path}&group=nobody`);
    expect([status, body]).toEqual([404, { code: 'group_unknown', message: 'There is no group "nobody"' }]);
  },
);

it('asks of everything when the group has always held every trace', async () => {
  expect((await get('slices?from=1000&to=1030&period=10&group=Default')).status).toBe(200);
  expect(asked.at(-1)).toEqual({ from: 1000, to: 1030, period: 10 });
});

it('tells a defect of its own from storage that is away', async () => {
  const series = () => Promise.reject(new Error('a mistake'));
  const failing = await startApiOnDisk({ history: { slices: series, series, course: async () => [] } });
  const response = await fetch(`${failing.api.url}/api/graph/series?from=0&to=60&period=60&node=a`);
  expect([response.status, await response.json()]).toMatchObject([500, { code: 'internal', message: expect.stringContaining('a defect') }]);
  await failing.close();
});

it('says that storage is away', async () => {
  const away = await startApiOnDisk();
  const response = await fetch(`${away.api.url}/api/graph/slices?from=0&to=60&period=60`);
  expect([response.status, await response.json()]).toEqual([503, { code: 'unavailable', message: expect.any(String) }]);
  await away.close();
});
