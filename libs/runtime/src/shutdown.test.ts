import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { Shutdown } from './shutdown.js';

function shutdownOf() {
  const events: string[] = [];
  const logger = { info: () => {}, warn: (_details: object, message: string) => events.push(message) };
  return { events, shutdown: new Shutdown({ logger, exit: (code) => events.push(`exit ${code}`) }) };
}

/** The module as a plain program of Node, so that a real process can run it without a build. */
function shutdownSource(): string {
  const source = readFileSync(new URL('./shutdown.ts', import.meta.url), 'utf8');
  return ts.transpile(source, { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 });
}

describe('Shutdown', () => {
  it('closes the steps one after the other in their order, then exits 0', async () => {
    const { events, shutdown } = shutdownOf();
    shutdown.add({ name: 'first', close: () => new Promise<void>((done) => setTimeout(() => done(void events.push('first')), 20)) });
    shutdown.add({ name: 'second', close: () => events.push('second') });
    await Promise.all([shutdown.run(), shutdown.run()]);
    expect(events).toEqual(['first', 'second', 'exit 0']);
  });

  it('goes on after a step that fails or is late', async () => {
    const { events, shutdown } = shutdownOf();
    shutdown.add({ name: 'fails', close: () => Promise.reject(new Error('no')) });
    shutdown.add({ name: 'hangs', close: () => new Promise(() => {}), limitMs: 10 });
    shutdown.add({ name: 'last', close: () => events.push('last') });
    await shutdown.run(1);
    expect(events).toEqual(['failed to close', 'did not close in time', 'last', 'exit 1']);
  });

  it.each([
    ['one Ctrl-C closes in order and exits 0', 'events.push("closed")', 1, 0, 'closed'],
    ['a second Ctrl-C exits at once', 'new Promise(() => {})', 2, 130, ''],
  ])('in a real process: %s', async (_name, close, signals, exitCode, written) => {
    const program = `${shutdownSource()}
      const events = [];
      const shutdown = new Shutdown({ logger: { info: () => console.log('closing'), warn() {} }, exit: (code) => { console.log(events.join()); process.exit(code); } });
      shutdown.add({ name: 'step', close: () => ${close} });
      shutdown.listen();
      setInterval(() => {}, 1000);
      console.log('ready');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program]);
    let output = '';
    child.stdout.on('data', (text) => {
      output += text;
    });
    const closed = once(child, 'close');
    for (const awaited of ['ready', 'closing'].slice(0, signals)) {
      await expect.poll(() => output).toContain(awaited);
      child.kill('SIGINT');
    }
    expect((await closed)[0]).toBe(exitCode);
    expect(output).toContain(written);
  });
});

describe('a parent that is gone', () => {
  it.each(['before anybody listens', 'while somebody listens'])('is told of: %s', async (when) => {
    const listen = 'whenParentIsGone(() => process.exit(7))';
    const program = `${shutdownSource()}
      process.once('disconnect', () => setImmediate(() => ${when.startsWith('before') ? listen : 'undefined'}));
      ${when.startsWith('while') ? listen : ''};
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    child.disconnect();
    expect((await once(child, 'exit'))[0]).toBe(7);
  });
});
