/**
 * The tree where Kafka brokers are set: daemon, api and writer as the same processes that run on several machines, one of each, under
 * one supervisor, and the embedded ClickHouse unless a server is named. A further process anywhere may join them.
 *
 * A process that ends before it was ever ready ends the tree, for it has said why; a later one is started again with back-off.
 */
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EmbeddedClickHouse } from '@fluoroscope/clickhouse/embedded';
import { type FolderLock, lockFolder } from '@fluoroscope/log/folder-lock';
import type { ReadyMessage } from '@fluoroscope/runtime/run-process';
import { makeFolder, startEngine } from './data-folder.js';
import { ProcessChild } from './process-child.js';
import type { Standalone, StandaloneOptions } from './standalone.js';

const lockRenewMs = 2_000;
/** Together less than what the end of the tree may take. */
const receiveLimitMs = 1_800;
const storeLimitMs = 2_000;

export async function startKafkaTree(options: StandaloneOptions): Promise<Standalone> {
  const tree = new KafkaTree(options);
  try {
    await tree.start();
    return tree;
  } catch (error) {
    await tree.close();
    throw error;
  }
}

class KafkaTree implements Standalone {
  httpUrl = '';
  xrayPort = 0;
  private readonly children: ProcessChild[] = [];
  private embedded: EmbeddedClickHouse | null = null;
  private lock: FolderLock | null = null;
  private renewal: NodeJS.Timeout | undefined;

  constructor(private readonly options: StandaloneOptions) {}

  async start(): Promise<void> {
    const env = await this.openClickHouse();
    const writer = this.launch('writer', { ...env, FLUOROSCOPE_HTTP_PORT: '0' });
    const api = this.launch('api', env);
    const { url = '', localUrl = url } = await this.readyOrEnded(api);
    this.httpUrl = url;
    const { port } = new URL(url);
    api.env = { ...env, FLUOROSCOPE_HTTP_PORT: port };
    const daemon = this.launch('daemon', { ...env, FLUOROSCOPE_HTTP_PORT: '0', FLUOROSCOPE_API_URL: localUrl });
    const [{ xrayPort = 0 }] = await Promise.all([this.readyOrEnded(daemon), this.readyOrEnded(writer)]);
    this.xrayPort = xrayPort;
    daemon.env = { ...daemon.env, FLUOROSCOPE_XRAY_PORT: String(xrayPort) };
  }

  pids(): { writer: number | null; clickhouse: number | null } {
    const writer = this.children.find(({ kind }) => kind === 'writer');
    return { writer: writer?.pid() ?? null, clickhouse: this.embedded?.pid() ?? null };
  }

  async reload(): Promise<void> {
    this.children.find(({ kind }) => kind === 'api')?.signal('SIGHUP');
  }

  async close(): Promise<void> {
    const receiving = this.children.filter(({ kind }) => kind !== 'writer');
    await Promise.all(receiving.map((child) => child.close(receiveLimitMs)));
    await Promise.all(this.children.map((child) => child.close(storeLimitMs)));
    await this.embedded?.close();
    clearInterval(this.renewal);
    this.lock?.release();
  }

  /** What the processes are told of it; nothing where a server is named, which they know by themselves. */
  private async openClickHouse(): Promise<Record<string, string>> {
    const { config, logger } = this.options;
    if (config.clickhouseShards !== undefined) return {};
    makeFolder(config.dataDir);
    // That of the disk log: whichever log a tree has, one tree owns the folder.
    const folder = join(config.dataDir, 'log');
    makeFolder(folder);
    const lock = lockFolder(folder);
    this.lock = lock;
    this.renewal = setInterval(() => lock.renew(), lockRenewMs);
    this.embedded = await startEngine(config, logger);
    const { url, username = '', password = '' } = this.embedded;
    return { FLUOROSCOPE_CLICKHOUSE_URL: url, FLUOROSCOPE_CLICKHOUSE_USER: username, FLUOROSCOPE_CLICKHOUSE_PASSWORD: password };
  }

  private launch(kind: ProcessChild['kind'], env: Record<string, string>): ProcessChild {
    const child = new ProcessChild(kind, env, this.options.logger);
    this.children.push(child);
    return child;
  }

  private async readyOrEnded(child: ProcessChild): Promise<ReadyMessage> {
    const ended = once(child, 'failed').then(async () => {
      // Its last line is on its way.
      await sleep(50);
      throw new Error(`The ${child.kind} could not start: see above`);
    });
    return Promise.race([child.ready, ended]);
  }
}
