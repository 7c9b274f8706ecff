/**
 * Supervises the embedded ClickHouse: one child process that serves HTTP on a loopback port of its own choosing, with a
 * password made for this run. To the rest of the code it is a URL like any other server's.
 *
 * Guarantees: ready means that an authenticated query was answered; a child that dies is started again with back-off on
 * the same port and password, so a client object survives it; a parent that dies takes the child along (its standard
 * input ends). Closed to others: the engine's own `default` user may do nothing but listen, and has no queries left after
 * the start; our user cannot reach files, URLs or other servers.
 * Leaves out: Windows and musl, for which the engine is not built.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { formatDuration } from '@fluoroscope/format/format';
import { configXml, usersXml } from './embedded-config.js';

/** A restarted parent meets the old child's lock until that child has noticed (about 5 s). */
const defaultLockPatienceMs = 15_000;
const startTimeoutMs = 30_000;
const stopTimeoutMs = 6_000;
const backoffMs = [100, 200, 400, 800, 1_600, 3_000] as const;
/** A child that lived this long starts again without back-off. */
const healthyAfterMs = 10_000;
/** What is kept of a child's standard error, to say why it died. */
const maxStderrChars = 4_000;

export interface EmbeddedOptions {
  /** Folder of the database; created when missing. */
  folder: string;
  /** The server refuses queries and inserts beyond this. */
  maxMemoryBytes: number;
  /** How long to wait for a process that still holds the folder. */
  lockPatienceMs?: number;
  logger: { info(message: string): void; warn(message: string): void };
}

export interface EmbeddedClickHouse {
  url: string;
  username: string;
  password: string;
  /** Process ID of the current child; undefined between two children. */
  pid(): number | undefined;
  restarts(): number;
  close(): Promise<void>;
}

/** What decides whether the engine can run. */
export interface Platform {
  name: NodeJS.Platform;
  /** Whether there is a file: the loader of glibc tells glibc from musl. */
  has: (path: string) => boolean;
}

const glibcLoaders = ['/lib64/ld-linux-x86-64.so.2', '/lib/ld-linux-aarch64.so.1'];

/** Why the engine cannot run on this machine, as one line, or null. */
export function unsupportedPlatform({ name, has }: Platform = { name: process.platform, has: existsSync }): string | null {
  const musl = name === 'linux' && !glibcLoaders.some(has);
  if (name !== 'win32' && !musl) return null;
  const where = musl ? 'musl (Alpine)' : 'Windows';
  return `The embedded ClickHouse does not run on ${where}: set FLUOROSCOPE_CLICKHOUSE_URL to a ClickHouse server, or use a glibc Linux or macOS.`;
}

export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedClickHouse> {
  const supervisor = new Supervisor(options, await freePort(), randomBytes(24).toString('base64url'));
  await supervisor.start();
  return supervisor;
}

class Supervisor implements EmbeddedClickHouse {
  readonly url: string;
  readonly username = 'app';
  private child: ChildProcess | undefined;
  private stderr = '';
  private startedAtMs = 0;
  private failures = 0;
  private restartCount = 0;
  private closing = false;

  constructor(
    private readonly options: EmbeddedOptions,
    private readonly port: number,
    readonly password: string,
  ) {
    this.url = `http://127.0.0.1:${port}`;
  }

  async start(): Promise<void> {
    const patienceEnds = Date.now() + (this.options.lockPatienceMs ?? defaultLockPatienceMs);
    await this.writeConfig();
    for (;;) {
      const child = this.launch();
      if (await this.becomesReady(child)) {
        this.watch(child);
        return;
      }
      if (!this.stderr.includes('Cannot lock file') || Date.now() > patienceEnds) throw new Error(this.whyItFailed());
      await sleep(300);
    }
  }

  pid(): number | undefined {
    return this.child !== undefined && isRunning(this.child) ? this.child.pid : undefined;
  }

  restarts(): number {
    return this.restartCount;
  }

  async close(): Promise<void> {
    this.closing = true;
    const child = this.child;
    if (!child || !isRunning(child)) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.stdin?.end();
    const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
    await gone;
    clearTimeout(timer);
  }

  private async writeConfig(): Promise<void> {
    const run = join(this.options.folder, 'run');
    await mkdir(run, { recursive: true, mode: 0o700 });
    await writeFile(join(run, 'config.xml'), configXml(join(run, 'users.xml'), this.options.maxMemoryBytes), { mode: 0o600 });
    await writeFile(join(run, 'users.xml'), usersXml(this.username, this.password), { mode: 0o600 });
  }

  private launch(): ChildProcess {
    const run = join(this.options.folder, 'run');
    const listen = "SYSTEM START LISTEN HTTP; SELECT count() FROM file('-', LineAsString) SETTINGS max_execution_time=0 FORMAT Null";
    const child = spawn(
      process.execPath,
      [
        fileURLToPath(new URL('../dist/engine.js', import.meta.url)),
        `--config-file=${join(run, 'config.xml')}`,
        `--path=${join(this.options.folder, 'store')}`,
        '--listen_host=127.0.0.1',
        `--http_port=${this.port}`,
        '--query',
        listen,
      ],
      { cwd: run, detached: true, stdio: ['pipe', 'ignore', 'pipe'] },
    );
    this.child = child;
    this.startedAtMs = Date.now();
    this.stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr = (this.stderr + chunk.toString()).slice(-maxStderrChars);
    });
    child.stdin?.on('error', () => {}); // the child is gone; its exit is what is handled
    return child;
  }

  private async becomesReady(child: ChildProcess): Promise<boolean> {
    const deadline = Date.now() + startTimeoutMs;
    while (isRunning(child) && Date.now() < deadline) {
      if (await this.answers()) return true;
      await sleep(20);
    }
    child.kill('SIGKILL');
    return false;
  }

  /** Authenticated, because another server on the same port would answer a ping. */
  private async answers(): Promise<boolean> {
    const headers = { 'x-clickhouse-user': this.username, 'x-clickhouse-key': this.password, connection: 'close' };
    try {
      const response = await fetch(`${this.url}/?query=SELECT+currentUser()`, { headers, signal: AbortSignal.timeout(2_000) });
      return (await response.text()).trim() === this.username;
    } catch {
      return false;
    }
  }

  private watch(child: ChildProcess): void {
    if (isRunning(child)) child.once('exit', () => this.restart());
    else this.restart();
  }

  private restart(): void {
    if (this.closing) return;
    this.failures = Date.now() - this.startedAtMs > healthyAfterMs ? 0 : this.failures + 1;
    const waitMs = backoffMs[Math.min(this.failures, backoffMs.length - 1)] ?? 0;
    this.restartCount++;
    this.options.logger.warn(`The embedded ClickHouse died; starting it again in ${formatDuration(waitMs * 1_000)}. ${this.lastWords()}`);
    setTimeout(() => {
      if (this.closing) return;
      const next = this.launch();
      void this.becomesReady(next).then(() => this.watch(next));
    }, waitMs);
  }

  private lastWords(): string {
    return this.stderr.trim().split('\n').at(-1) ?? '';
  }

  private whyItFailed(): string {
    if (this.stderr.includes('Cannot lock file'))
      return `Another process uses the database in ${this.options.folder}: stop it, or set FLUOROSCOPE_DATA_DIR to another folder.`;
    return `The embedded ClickHouse did not start. ${this.lastWords()}`;
  }
}

/** Whoever is killed by a signal has no exit code. */
function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no free port'))));
    });
  });
}
