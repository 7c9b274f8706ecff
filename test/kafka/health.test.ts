/** What processes say of themselves while the broker or ClickHouse is away, and when it is back. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ClickHouseServer, startClickHouseServers } from '../fixtures/clickhouse-server.js';
import { KafkaBroker } from '../fixtures/kafka/broker.js';
import { Processes } from '../fixtures/processes.js';

const patienceMs = 90_000;

let broker: KafkaBroker;
let server: ClickHouseServer;
let processes: Processes;
beforeAll(async () => {
  const [started, [first]] = await Promise.all([KafkaBroker.start(), startClickHouseServers(1)]);
  if (first === undefined) throw new Error('no server');
  [broker, server] = [started, first];
  processes = new Processes({ brokers: broker.brokers, clickhouse: server.address, partitions: 1 });
});
afterAll(async () => {
  await processes.stop();
  await server.remove();
  await broker.remove();
});

test('an api that ClickHouse does not let in says so in one line, and ends', async () => {
  const stranger = { FLUOROSCOPE_CLICKHOUSE_USER: 'somebody', FLUOROSCOPE_CLICKHOUSE_PASSWORD: 'a-guess' };
  const ended = await processes.start('api', stranger).catch(String);
  expect(ended).toMatch(/ended with 1:\n[^\n]*does not let in user somebody [^\n]*FLUOROSCOPE_CLICKHOUSE_PASSWORD\.\n$/);
  expect(ended).not.toContain('a-guess');
});

test('without Kafka a daemon and an api cannot do their part, a writer waits; without ClickHouse an api is degraded', async () => {
  const all = await Promise.all([processes.start('daemon'), processes.start('api'), processes.start('writer')]);
  const said = () =>
    Promise.all(
      all.map(async (one) => {
        const { status, body } = await one.get('/healthz');
        return `${one.kind} ${status} ${(body as { status: string }).status}`;
      }),
    );
  const expectSaid = (words: string[]) => expect.poll(said, { timeout: patienceMs, interval: 200 }).toEqual(words);
  const well = ['daemon 200 ok', 'api 200 ok', 'writer 200 ok'];
  await expectSaid(well);

  await broker.kill();
  await expectSaid(['daemon 503 unavailable', 'api 503 unavailable', 'writer 200 degraded']);
  expect(await all[1].get('/healthz')).toMatchObject({ body: { reason: `kafka: no broker answers at ${broker.brokers}` } });
  expect(await Promise.all(all.map((one) => one.get('/livez')))).toEqual(all.map(() => ({ status: 200, body: { status: 'ok' } })));
  await broker.restart();
  await expectSaid(well);

  await server.kill();
  await expect.poll(async () => (await said())[1], { timeout: patienceMs, interval: 200 }).toBe('api 200 degraded');
  await server.start();
  await expectSaid(well);
});
