/** A start that cannot be: one line that says what and what to do, exit 1. And an end that is asked for: exit 0, soon. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { Standalone, type StandaloneSetup, temporaryFolder } from '../fixtures/standalone.js';

const stopLimitMs = 5_000;

const started: Standalone[] = [];
afterEach(async () => {
  for (const standalone of started.splice(0)) await standalone.remove();
});

async function start(setup: StandaloneSetup = {}): Promise<Standalone> {
  const standalone = await Standalone.start(setup);
  started.push(standalone);
  return standalone;
}

/** What it said before it ended with 1. */
async function refusal(setup: StandaloneSetup): Promise<string> {
  const standalone = await Standalone.launch(setup);
  started.push(standalone);
  const exit = await standalone.ended();
  expect(exit.code).toBe(1);
  const lines = standalone.output.trim().split('\n');
  expect(lines).toHaveLength(1);
  return lines[0] ?? '';
}

describe('a start that cannot be', () => {
  test.each([
    ['FLUOROSCOPE_XRAY_PORT', 'seventy'],
    ['FLUOROSCOPE_HTTP_PORT', '70000'],
    ['FLUOROSCOPE_DISK_MAX', 'plenty'],
    ['FLUOROSCOPE_AUTH', 'sigv4'],
  ])('with %s=%s names the setting', async (name, value) => {
    expect(await refusal({ env: { [name]: value } })).toContain(`${name}=${value}`);
  });

  test('with a word that is not known says so', async () => {
    expect(await refusal({ args: ['--dmeo'] })).toMatch(/^--dmeo is not known: there is --demo/);
  });

  test('with keys that cannot be used says so', async () => {
    const folder = await temporaryFolder();
    const keysFile = join(folder, 'keys.json');
    const env = { FLUOROSCOPE_AUTH: 'sigv4', FLUOROSCOPE_KEYS_FILE: keysFile };
    expect(await refusal({ env })).toBe(`FLUOROSCOPE_KEYS_FILE=${keysFile} does not exist`);
    writeFileSync(keysFile, '{"keys": []}', { mode: 0o600 });
    expect(await refusal({ env })).toContain('has 0 keys');
    await rm(folder, { recursive: true });
  });

  test('with its HTTP port taken says so', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const port = String((server.address() as { port: number }).port);
    const line = await refusal({ env: { FLUOROSCOPE_HTTP_PORT: port } });
    server.close();
    expect(line).toContain('FLUOROSCOPE_HTTP_PORT');
    expect(line).toContain(port);
  });

  test('with its X-Ray port taken says so', async () => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const port = String(socket.address().port);
    const line = await refusal({ env: { FLUOROSCOPE_XRAY_PORT: port } });
    socket.close();
    expect(line).toContain('FLUOROSCOPE_XRAY_PORT');
    expect(line).toContain(port);
  });

  test('on the folder of a running tree leaves that one alone', async () => {
    const first = await start();
    const line = await refusal({ folder: first.folder });
    expect(line).toContain('FLUOROSCOPE_DATA_DIR');
    expect(line).toContain(String(first.pid));
    expect((await first.health()).body.status).toBe('ok');
  });

  test('on a log of a newer version says so', async () => {
    const folder = await temporaryFolder();
    mkdirSync(join(folder, 'log'));
    writeFileSync(join(folder, 'log/format'), JSON.stringify({ version: 99, seed: 1 }));
    expect(await refusal({ folder })).toContain('newer version');
  });

  test('on a database of a newer version says so', async () => {
    const first = await start();
    await first.clickhouse().insert({ table: 'migrations', values: [{ number: 9_999, name: '9999_future.sql' }], format: 'JSONEachRow' });
    expect((await first.stop()).code).toBe(0);
    expect(await refusal({ folder: first.folder })).toContain('newer version');
  });

  test('on a data folder that is a file says so', async () => {
    const folder = await temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    expect(await refusal({ folder: join(folder, 'file') })).toContain('FLUOROSCOPE_DATA_DIR');
    await rm(folder, { recursive: true });
  });
});

describe('an end that is asked for', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('by %s comes within 5 s, with exit code 0', async (signal) => {
    const standalone = await start();
    const exit = await standalone.stop(signal);
    expect(exit.code).toBe(0);
    expect(exit.afterMs).toBeLessThan(stopLimitMs);
  });

  test('comes as soon with the demo running', async () => {
    const standalone = await start({ args: ['--demo'], env: { FLUOROSCOPE_DEMO_RATE: '20' } });
    const exit = await standalone.stop();
    expect(exit.code).toBe(0);
    expect(exit.afterMs).toBeLessThan(stopLimitMs);
  });
});
