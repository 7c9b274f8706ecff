/** The built product as a process of its own, on free ports and an empty data folder, as a user starts it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { commandOf, cpuMicrosOf, processesOf, threadsOf } from './processes.mjs';
import { nodeName } from './traffic.mjs';

const entry = fileURLToPath(new URL('../../apps/standalone/dist/main.js', import.meta.url));
const startLimitMs = 40_000;
/** Node's own options for the main process, which its recorder thread and the writer inherit: `--cpu-prof` for a profile. */
const nodeOptions = (process.env.BENCH_NODE_ARGS ?? '').split(' ').filter((word) => word !== '');

export class Product {
  httpUrl = '';
  xrayPort = 0;
  output = '';
  startMs = 0;
  #child;
  #exited;

  /** A folder of its own unless one is given; either is removed at the end, unless it is to be kept. */
  static async start(env = {}, folder = undefined, keepsFolder = false) {
    const product = new Product();
    product.keepsFolder = keepsFolder;
    product.folder = folder ?? (await mkdtemp(join(tmpdir(), 'fluoroscope-bench-')));
    const beganMs = performance.now();
    product.#launch(env);
    await product.#ready(beganMs);
    product.startMs = performance.now() - beganMs;
    return product;
  }

  #launch(env) {
    const ports = { FLUOROSCOPE_XRAY_PORT: '0', FLUOROSCOPE_HTTP_PORT: '0' };
    const settings = { ...process.env, FLUOROSCOPE_DATA_DIR: this.folder, FLUOROSCOPE_LOG_LEVEL: 'warn', ...ports, ...env };
    this.#child = spawn(process.execPath, [...nodeOptions, entry], { env: settings, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#exited = once(this.#child, 'exit');
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on('data', (text) => {
        this.output += text;
      });
    }
  }

  async #ready(beganMs) {
    while (!this.output.includes('AWS_ENDPOINT_URL_XRAY=')) {
      const tooLate = performance.now() - beganMs > startLimitMs;
      if (tooLate || this.#child.exitCode !== null) {
        await this.stop();
        throw new Error(`the product did not start:\n${this.output}`);
      }
      await sleep(5);
    }
    this.httpUrl = /AWS_ENDPOINT_URL_XRAY=(\S+)/.exec(this.output)?.[1] ?? '';
    this.xrayPort = Number(/AWS_XRAY_DAEMON_ADDRESS=\S+:(\d+)/.exec(this.output)?.[1]);
  }

  pids() {
    return processesOf(this.#child.pid);
  }

  /** Microseconds since the start by process; of the main process by thread: its own, the busiest other one, the rest. */
  cpu() {
    const { main, writer, engine } = this.pids();
    const threads = threadsOf(main);
    const own = threads.get(main) ?? 0;
    threads.delete(main);
    const recorder = Math.max(0, ...threads.values());
    const all = cpuMicrosOf(main);
    return { main: own, recorder, mainRest: Math.max(0, all - own - recorder), writer: cpuMicrosOf(writer), engine: cpuMicrosOf(engine) };
  }

  metrics() {
    return metricsAt(this.httpUrl);
  }

  /** As an X-Ray client sees it. */
  serviceGraph(from, to) {
    return serviceGraphAt(this.httpUrl, { from, to });
  }

  /** The first page as it is answered, looked into no further than to see that it is one. */
  async rawServiceGraph({ from, to }) {
    const { Services } = await post(`${this.httpUrl}/ServiceGraph`, { StartTime: from, EndTime: to });
    if (Services.length < 10) throw new Error(`the graph of ${from} to ${to} has ${Services.length} services`);
  }

  /** Asks the embedded ClickHouse itself; its port and password are those of this start. */
  async sql(query, params = {}) {
    const search = new URLSearchParams({ database: 'fluoroscope' });
    for (const [name, value] of Object.entries(params)) search.set(`param_${name}`, value);
    const users = readFileSync(join(this.folder, 'clickhouse/run/users.xml'), 'utf8');
    const password = /<password>([^<]+)<\/password>/.exec(users)?.[1] ?? '';
    const port = /--http_port=(\d+)/.exec(commandOf(this.pids().engine))?.[1];
    const headers = { 'x-clickhouse-user': 'app', 'x-clickhouse-key': password };
    const response = await fetch(`http://127.0.0.1:${port}/?${search}`, { method: 'POST', headers, body: query });
    const answer = (await response.text()).trim();
    if (!response.ok) throw new Error(`ClickHouse answered ${answer.slice(0, 500)}`);
    return answer;
  }

  /** Stops it as Ctrl-C does, and removes its data, unless it is to be kept. */
  async stop() {
    if (this.#child.exitCode === null) this.#child.kill('SIGTERM');
    await this.#exited;
    if (this.keepsFolder) return;
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

export async function metricsAt(url) {
  const text = await (await fetch(`${url}/metrics`)).text();
  const rows = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(rows.map((line) => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])]));
}

/** Nodes and edges with [ok, error, throttle, fault], by name. */
export async function serviceGraphAt(url, { from, to }) {
  const services = [];
  for (let token; ; ) {
    const page = await post(`${url}/ServiceGraph`, { StartTime: from, EndTime: to, NextToken: token });
    services.push(...page.Services);
    token = page.NextToken;
    if (!token) break;
  }
  const names = new Map(services.map((service) => [service.ReferenceId, nodeName(service.Type ?? '', service.Name)]));
  const graph = new Map();
  for (const { ReferenceId, SummaryStatistics, Edges } of services) {
    if (SummaryStatistics) graph.set(names.get(ReferenceId), countsOf(SummaryStatistics));
    for (const edge of Edges) graph.set(`${names.get(ReferenceId)} > ${names.get(edge.ReferenceId)}`, countsOf(edge.SummaryStatistics));
  }
  return graph;
}

export async function post(url, body) {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return response.json();
}

function countsOf({ OkCount, ErrorStatistics, FaultStatistics }) {
  return [OkCount, ErrorStatistics.OtherCount, ErrorStatistics.ThrottleCount, FaultStatistics.TotalCount];
}
