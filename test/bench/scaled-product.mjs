/**
 * The product as processes of their own (a daemon, an api, some writers) on a real Kafka broker and a real ClickHouse server, to be
 * loaded as `Product` is. They are the ones of the tests, which are written in TypeScript.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';
import { commandOf, cpuMicrosOf } from './processes.mjs';
import { metricsAt, serviceGraphAt } from './product.mjs';

const partitions = 8;
const conditions = ['@fluoroscope/source', 'node', 'development|production'];

export class ScaledProduct {
  startMs = 0;
  writers = [];

  static async start(writers) {
    const product = new ScaledProduct();
    const { KafkaBroker } = await fixture('kafka/broker.ts');
    const { startClickHouseServers } = await fixture('clickhouse-server.ts');
    const { Processes } = await fixture('processes.ts');
    const beganMs = performance.now();
    product.broker = await KafkaBroker.start();
    [product.server] = await startClickHouseServers(1);
    const { brokers } = product.broker;
    const { address: clickhouse } = product.server;
    product.processes = new Processes({ brokers, clickhouse, partitions, env: { FLUOROSCOPE_LOG_LEVEL: 'warn' } });
    product.api = await product.processes.start('api');
    product.daemon = await product.processes.start('daemon', { FLUOROSCOPE_API_URL: product.api.httpUrl });
    for (let n = 0; n < writers; n++) product.writers.push(await product.processes.start('writer'));
    product.startMs = performance.now() - beganMs;
    return product;
  }

  get httpUrl() {
    return this.api.httpUrl;
  }

  get xrayPort() {
    return this.daemon.xrayPort;
  }

  pids() {
    const writers = this.writers.map(({ child }, at) => [`writer ${at + 1}`, child.pid]);
    return {
      ...{ daemon: this.daemon.child.pid, api: this.api.child.pid },
      ...Object.fromEntries(writers),
      ...{ clickhouse: this.server.pid, broker: this.brokerPid() },
    };
  }

  /** Microseconds since the start, by process. */
  cpu() {
    return Object.fromEntries(Object.entries(this.pids()).map(([name, pid]) => [name, cpuMicrosOf(pid)]));
  }

  /** Of all processes; what several of them count is added up. */
  async metrics() {
    const sum = new Map();
    for (const { httpUrl, child } of [this.api, this.daemon, ...this.writers]) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      for (const [name, value] of await metricsAt(httpUrl)) sum.set(name, (sum.get(name) ?? 0) + value);
    }
    return sum;
  }

  serviceGraph(from, to) {
    return serviceGraphAt(this.httpUrl, { from, to });
  }

  async sql(query) {
    const { url, username, password } = this.server.address;
    const headers = { 'x-clickhouse-user': username, 'x-clickhouse-key': password };
    const response = await fetch(`${url}/?database=fluoroscope`, { method: 'POST', headers, body: query });
    return (await response.text()).trim();
  }

  async stop() {
    await this.processes.stop();
    await this.server.remove();
    await this.broker.remove();
  }

  brokerPid() {
    const pids = execFileSync('pgrep', ['-P', String(process.pid)], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map(Number);
    return pids.find((pid) => commandOf(pid).includes('kafka.Kafka'));
  }
}

async function fixture(name) {
  const path = fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
  const { module } = await runnerImport(path, { resolve: { conditions }, ssr: { resolve: { conditions } } });
  return module;
}
