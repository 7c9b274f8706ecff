/**
 * `npm run soak`: a working day of live traffic in front of the pages (FLUOROSCOPE_SOAK hours of their clock, 8 when unset),
 * then the fault tests, and where there is Kafka those of its processes, again and again, each time with another seed, until
 * SOAK_MINUTES (120 when unset) are over. Prints every seed before its run, and stops at the first failure. A seed that is set is that
 * of the first run.
 */
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { build, install, nodeProblem } from '../apps/standalone/workspace.mjs';
import { findKafka } from './fixtures/kafka/find-kafka.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const minutes = Number(process.env.SOAK_MINUTES ?? 120);
const hours = process.env.FLUOROSCOPE_SOAK ?? '8';
const vitest = ['run', '--config', '.config/vitest.config.ts', '--reporter=dot', '--project'];

function main() {
  const problem = nodeProblem() ?? (minutes > 0 ? null : `SOAK_MINUTES=${process.env.SOAK_MINUTES} is not a number of minutes`);
  if (problem !== null) return fail(problem);
  if (!install() || !build()) return fail('nothing to soak: see above');
  const endMs = Date.now() + minutes * 60_000;
  console.log(`\n${hours} hours of live traffic in front of the pages`);
  if (!passes(['e2e', 'test/e2e/endurance.test.ts'], { FLUOROSCOPE_SOAK: hours })) return fail(`failed with FLUOROSCOPE_SOAK=${hours}`);
  for (let run = 1; Date.now() < endMs; run++) {
    const given = run === 1 ? process.env.FLUOROSCOPE_SEED : undefined;
    const seed = given ?? String(randomInt(1, 2 ** 31));
    console.log(`\nrun ${run}, seed ${seed}, ${Math.ceil((endMs - Date.now()) / 60_000)} minutes left`);
    const suites = [['faults'], ...(findKafka() === null ? [] : [['kafka', 'test/kafka/faults.test.ts']])];
    if (!suites.every((suite) => passes(suite, { FLUOROSCOPE_SEED: seed, FLUOROSCOPE_SOAK_SEED: seed })))
      return fail(`failed with FLUOROSCOPE_SEED=${seed}`);
  }
  console.log(`\nno failure in ${minutes} minutes`);
}

function passes(suite, settings) {
  const env = { ...process.env, ...settings };
  const words = ['node_modules/vitest/vitest.mjs', ...vitest, ...suite];
  return spawnSync(process.execPath, words, { cwd: root, env, stdio: 'inherit' }).status === 0;
}

function fail(line) {
  console.error(line);
  process.exitCode = 1;
}

main();
