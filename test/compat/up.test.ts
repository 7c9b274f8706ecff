/**
 * `npm run up` before the product itself begins: what it builds, and how signals and exit codes pass through npm and its
 * shell. Runs the real scripts in a small workspace, where the standalone is a few lines that report what reaches them.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeProblem } from '../../apps/standalone/workspace.mjs';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const exitCode = 7;

const standalone = `
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => { console.log('heard ' + signal); setTimeout(() => process.exit(${exitCode}), 900); });
  }
  process.on('disconnect', () => { require('node:fs').writeFileSync('gone', ''); process.exit(0); });
  setInterval(() => {}, 1000);
  console.log('ready ' + process.argv.slice(2).join(' '));
`;
/** In the place of Nx: says that it ran, and fails when it is told to. */
const builder = `
  console.log('compiled');
  require('node:fs').appendFileSync('builds', 'x');
  process.exit(require('node:fs').existsSync('broken') ? 1 : 0);
`;

describe('npm run up', () => {
  let folder: string;
  let output: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fluoroscope-up-'));
    const { up } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')).scripts;
    write('package.json', JSON.stringify({ name: 'scratch', private: true, scripts: { up } }));
    write('package-lock.json', JSON.stringify({ packages: {} }));
    write('node_modules/.package-lock.json', JSON.stringify({ packages: {} }));
    write('node_modules/nx/dist/bin/nx.js', builder);
    write('nx.json', '{}');
    write('.config/settings', '');
    write('libs/one/src/one.ts', '');
    write('apps/standalone/dist/main.js', standalone);
    for (const script of ['up.mjs', 'workspace.mjs']) {
      copyFileSync(join(repository, 'apps/standalone', script), join(folder, 'apps/standalone', script));
    }
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('gives the standalone its arguments, a Ctrl-C once, and ends with its exit code', async () => {
    const up = await start('--demo');
    // A terminal signals the whole group, and npm passes on what it hears.
    signal(up, 'SIGINT');
    expect(await ended(up)).toBe(exitCode);
    expect(output.match(/ready.*/)?.[0]).toBe('ready --demo');
    expect(output.match(/heard \w+/g)).toEqual(['heard SIGINT']);
  });

  it('passes on a SIGTERM that npm alone was sent', async () => {
    const up = await start();
    up.kill('SIGTERM');
    expect(await ended(up)).toBe(exitCode);
    expect(output.match(/heard \w+/g)).toEqual(['heard SIGTERM']);
  });

  it('does not leave the standalone behind when it is killed', async () => {
    const up = await start();
    signal(up, 'SIGKILL');
    await expect.poll(() => builds('gone')).toBe('');
  });

  it('builds once, then only when a source is new, changed or gone', async () => {
    await startAndStop();
    await startAndStop();
    expect(builds()).toBe('x');
    write('libs/one/src/two.ts', '');
    await startAndStop();
    expect(builds()).toBe('xx');
    rmSync(join(folder, 'libs/one/src/two.ts'));
    await startAndStop();
    expect(builds()).toBe('xxx');
  });

  it('shows what a failed build said, starts nothing, and tries again the next time', async () => {
    write('broken', '');
    const up = run();
    expect(await ended(up)).toBe(1);
    expect(output).toContain('compiled');
    expect(output).not.toContain('ready');
    rmSync(join(folder, 'broken'));
    await startAndStop();
    expect(builds()).toBe('xx');
  });

  it('refuses a Node that is too old, in one line', () => {
    expect(nodeProblem('20.18.3')).toBe('Fluoroscope needs Node 20.19 or newer, and this is 20.18.3');
    expect(nodeProblem('18.20.0')).not.toBeNull();
    for (const version of ['20.19.0', '20.20.2', '22.1.0', '24.0.0']) expect(nodeProblem(version)).toBeNull();
  });

  function write(path: string, text: string): void {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }

  /** What a file of the scratch workspace holds; null while there is none. */
  function builds(path = 'builds'): string | null {
    try {
      return readFileSync(join(folder, path), 'utf8');
    } catch {
      return null;
    }
  }

  function run(...args: string[]): ChildProcess {
    output = '';
    const up = spawn('npm', ['run', 'up', '--', ...args], { cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [up.stdout, up.stderr]) stream.on('data', (text) => (output += text));
    return up;
  }

  async function start(...args: string[]): Promise<ChildProcess> {
    const up = run(...args);
    await expect.poll(() => output).toContain('ready');
    return up;
  }

  async function startAndStop(): Promise<void> {
    const up = await start();
    up.kill('SIGTERM');
    await ended(up);
  }
});

function signal(up: ChildProcess, name: NodeJS.Signals): void {
  if (up.pid !== undefined) process.kill(-up.pid, name);
}

async function ended(up: ChildProcess): Promise<number | null> {
  if (up.exitCode !== null) return up.exitCode;
  const [code] = await once(up, 'exit');
  return code;
}
