/**
 * `npm run bench`: what the built product does on this machine, with the floors of the same run beside it. Names behind `--`
 * choose parts (`npm run bench -- ingest latency`). Prints a table, and writes it as JSON to the file that BENCH_OUT names.
 *
 * A slow figure is shown, never an error: the exit code is 1 only when something was lost or wrong.
 * BENCH_SECONDS and BENCH_RUNS shorten it; `--rows=20000000` makes the stored data of queries and filters larger,
 * `--data=<folder>` keeps that of the filters there, and uses it again;
 * `--wide` adds a graph of 260 edges, `--traces` somebody who looks at the list of traces. BENCH_RATES names other rates,
 * BENCH_NODE_ARGS options of Node such as `--cpu-prof`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { figureTable } from './bench/figures.mjs';
import { measure as filters } from './bench/filters.mjs';
import { measureFloors, measure as showFloors } from './bench/floors.mjs';
import { measure as idle } from './bench/idle.mjs';
import { measure as ingest } from './bench/ingest.mjs';
import { measure as latency } from './bench/latency.mjs';
import { measure as list } from './bench/list.mjs';
import { measure as map } from './bench/map.mjs';
import { measure as queries } from './bench/queries.mjs';
import { measure as routes } from './bench/routes.mjs';
import { measure as scale } from './bench/scale.mjs';
import { measure as uiSize } from './bench/ui-size.mjs';
import { measure as waterfall } from './bench/waterfall.mjs';

const parts = {
  ...{ floors: showFloors, ingest, latency, queries, filters, idle, list, map, routes, scale },
  ...{ 'ui-size': uiSize, waterfall },
};
/** Parts that stand beside floors of the same run. */
const besideFloors = ['floors', 'ingest'];
const words = process.argv.slice(2);
const chosen = words.filter((word) => !word.startsWith('--'));
const unknown = chosen.filter((name) => !(name in parts));
if (unknown.length > 0) {
  console.error(`${unknown.join(', ')}: no part of the benchmark; there are ${Object.keys(parts).join(', ')}`);
  process.exit(1);
}
const seconds = Number(process.env.BENCH_SECONDS ?? 60);
const runs = Number(process.env.BENCH_RUNS ?? 3);
const say = (text) => console.log(text);
const machine = {
  cores: cpus().length,
  model: cpus()[0]?.model ?? '',
  memoryBytes: totalmem(),
  node: process.version,
  rmemMax: Number(readFileSync('/proc/sys/net/core/rmem_max', 'utf8')),
};
say(
  `${machine.cores} cores (${machine.model}), ${(machine.memoryBytes / 1e9).toFixed(0)} GB, Node ${machine.node}, rmem_max ${machine.rmemMax}`,
);

const figures = [];
const wrong = [];
const isChosen = (name) => chosen.length === 0 || chosen.includes(name);
const floors = besideFloors.some(isChosen) ? await measureFloors() : undefined;
for (const [name, measure] of Object.entries(parts)) {
  if (!isChosen(name)) continue;
  say(`\n${name}`);
  const result = await measure({ seconds, runs, floors, say });
  figures.push(...result.figures);
  wrong.push(...result.wrong);
}
say(`\n${figureTable(figures)}`);
for (const line of wrong) say(`WRONG  ${line}`);
if (process.env.BENCH_OUT) writeFileSync(process.env.BENCH_OUT, `${JSON.stringify({ machine, seconds, runs, figures, wrong }, null, 2)}\n`);
process.exitCode = wrong.length > 0 ? 1 : 0;
