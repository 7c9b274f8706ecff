/** The entry of `npm run up`: reads the settings, starts the tree, says where it is, and closes it in order. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Config, readConfig } from '@fluoroscope/runtime/config';
import { createLogger } from '@fluoroscope/runtime/logger';
import { Shutdown, whenParentIsGone } from '@fluoroscope/runtime/shutdown';
import { startKafkaTree } from './kafka-tree.js';
import { type Standalone, startStandalone } from './standalone.js';

const failedExitCode = 1;
/** Leaves half a second of the 5 s that Ctrl-C may take. */
const closeLimitMs = 4_300;

const unknown = process.argv.slice(2).find((word) => word !== '--demo');
if (unknown !== undefined) stop(`${unknown} is not known: there is --demo, and everything else is a setting (see README.md)`);
const isDemo = process.argv.includes('--demo');
const { config: given, problem } = readConfig(process.env);
if (given === undefined) stop(problem);
const config: Config = isDemo ? Object.freeze({ ...given, dataDir: join(given.dataDir, 'demo') }) : given;
const logger = createLogger({ name: 'fluoroscope', level: config.logLevel });
const shutdown = new Shutdown({ logger });

try {
  const start = config.kafkaBrokers === undefined ? startStandalone : startKafkaTree;
  const standalone = await start({ config, logger, onFailure: (line) => void fail(line) });
  if (isDemo) addDemo(standalone.xrayPort);
  shutdown.add({ name: 'the process tree', close: () => standalone.close(), limitMs: closeLimitMs });
  shutdown.listen();
  process.on('SIGHUP', () => void hangUp(standalone));
  // Whoever started this process is gone without a signal.
  whenParentIsGone(() => void shutdown.run());
  announce(standalone.httpUrl, standalone.xrayPort);
} catch (error) {
  stop(error instanceof Error ? error.message : String(error));
}

function announce(httpUrl: string, xrayPort: number): void {
  console.log(`\n  Fluoroscope is ready: ${httpUrl}\n`);
  console.log('  Point an app at it:');
  console.log(`    AWS_XRAY_DAEMON_ADDRESS=127.0.0.1:${xrayPort}`);
  console.log(`    AWS_ENDPOINT_URL_XRAY=${httpUrl}`);
  console.log(`    AWS_ENDPOINT_URL_CLOUDWATCH=${httpUrl}\n`);
}

function addDemo(xrayPort: number): void {
  const entry = fileURLToPath(new URL('../../demo/dist/main.js', import.meta.url));
  const demo: ChildProcess = fork(entry, [], { env: { ...process.env, AWS_XRAY_DAEMON_ADDRESS: `127.0.0.1:${xrayPort}` } });
  shutdown.add({ name: 'the demo', close: () => demo.kill('SIGTERM'), limitMs: 500 });
}

/** A terminal that closes says the same as who wants the keys read again: with keys to read, it is the latter. */
async function hangUp(standalone: Standalone): Promise<void> {
  if (config.auth === 'none' && config.tlsCert === undefined) await shutdown.run();
  else await standalone.reload();
}

async function fail(line: string): Promise<void> {
  console.error(line);
  await shutdown.run(failedExitCode);
}

function stop(line: string): never {
  console.error(line);
  process.exit(failedExitCode);
}
