/**
 * `npm run up`: installs what is missing, builds what is stale, then runs the standalone in this terminal. Plain Node.
 *
 * The standalone gets a process group of its own, and every signal from here, once: a terminal sends Ctrl-C to the whole
 * group and npm sends it again, and the standalone takes a second signal as "now". Its exit code becomes ours. The IPC
 * channel tells it when this process is gone without a signal.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { build, install, isBuilt, nodeProblem, root } from './workspace.mjs';

/** Signals of one kind that come closer together are one Ctrl-C by several ways. */
const sameSignalMs = 500;
const firstFailedSignalCode = 128;

function prepare() {
  const problem = nodeProblem();
  if (problem !== null) return fail(problem);
  if (!install()) return fail('npm ci failed: see above');
  if (isBuilt()) return;
  console.log('building what has changed');
  if (!build()) fail('the build failed: see above');
}

function fail(line) {
  console.error(line);
  process.exit(1);
}

function start() {
  const main = join(root, 'apps/standalone/dist/main.js');
  const child = spawn(process.execPath, [main, ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    detached: true,
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, passOn(child, signal));
  child.on('error', (error) => fail(`cannot start ${main}: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(code ?? firstFailedSignalCode + constants.signals[signal]));
}

function passOn(child, signal) {
  let lastMs = 0;
  return () => {
    const nowMs = Date.now();
    if (nowMs - lastMs > sameSignalMs) child.kill(isGone(signal) ? 'SIGTERM' : signal);
    lastMs = nowMs;
  };
}

/** The terminal has closed; without one, SIGHUP asks the standalone to read its keys again. */
function isGone(signal) {
  return signal === 'SIGHUP' && process.stdin.isTTY;
}

prepare();
start();
