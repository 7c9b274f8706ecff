/**
 * The embedded ClickHouse process: becomes the real ClickHouse HTTP server that ships inside the npm package `chdb`.
 *
 * It calls `chdb_query_cmdline`, which is the main function of `clickhouse local`, on this process's main thread and
 * never gets the thread back until its standard input ends. Arguments are ClickHouse's own. Pointers are declared as
 * I64 because reading a null pointer as a string crashes. The process ends through the C library's `_exit`: Node's own
 * exit would run destructors of the engine a second time.
 */
import { writeFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setPriority } from 'node:os';
import { DataType, load, open } from 'ffi-rs';

/** Storage is never in the way: what receives and what shows goes first. */
const niceness = 5;

const require = createRequire(import.meta.url);
const { libchdbPath } = require('chdb/libchdb') as { libchdbPath: () => string };

yieldToOthers();
open({ library: 'chdb', path: libchdbPath() });
const arguments_ = ['clickhouse', ...process.argv.slice(2)];
const result = load({
  library: 'chdb',
  funcName: 'chdb_query_cmdline',
  retType: DataType.I64,
  paramsType: [DataType.I32, DataType.StringArray],
  paramsValue: [arguments_.length, arguments_],
});
const error = { library: 'chdb', funcName: 'chdb_result_error', paramsType: [DataType.I64], paramsValue: [result] };
const failed = load({ ...error, retType: DataType.I64 }) !== 0;
if (failed) writeSync(2, `${load({ ...error, retType: DataType.String })}\n`);
load({ library: 'chdb', funcName: '_exit', retType: DataType.Void, paramsType: [DataType.I32], paramsValue: [failed ? 1 : 0] });

/** Threads inherit it, so it is called before there are any. Linux may weigh sessions against each other, not processes: this one has a session of its own. */
function yieldToOthers(): void {
  setPriority(niceness);
  try {
    writeFileSync('/proc/self/autogroup', String(niceness));
  } catch {
    // Another system, or a kernel without it: the line above is all there is to do.
  }
}
