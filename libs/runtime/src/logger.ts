/**
 * One logger for every process: JSON lines for machines, short readable lines on a terminal.
 *
 * One event is one line. The main thread writes synchronously, so that the last line before an exit is not lost; a
 * worker thread writes asynchronously, because a stopped terminal must not stop the receiver of datagrams.
 */
import { isatty } from 'node:tty';
import { isMainThread } from 'node:worker_threads';
import { type DestinationStream, type Logger, pino } from 'pino';
import type { LogLevel } from './config.js';

export type { Logger } from 'pino';

const standardOutput = 1;
const levelNames = new Map(Object.entries(pino.levels.labels).map(([value, label]) => [Number(value), label]));
/** Written by pino on every line, or shown in a place of their own. */
const ownMembers = new Set(['level', 'time', 'name', 'msg']);

export interface LoggerOptions {
  /** The process, as `api` or `writer`. */
  name: string;
  level: LogLevel;
  /** For tests: where lines go instead of standard output. */
  destination?: DestinationStream;
  /** Unset: readable when standard output is a terminal. */
  readable?: boolean;
}

export function createLogger({ name, level, destination, readable = isatty(standardOutput) }: LoggerOptions): Logger {
  const out = destination ?? pino.destination({ dest: standardOutput, sync: isMainThread });
  const options = { name, level, base: { name } };
  return readable ? pino(options, { write: (line: string) => out.write(readableLine(line)) }) : pino(options, out);
}

/** `12:00:00.123 warn  daemon  the message  key=value`, from one of pino's JSON lines. */
export function readableLine(json: string): string {
  const event = JSON.parse(json) as Record<string, unknown>;
  const time = new Date(Number(event.time)).toISOString().slice(11, 23);
  const level = (levelNames.get(Number(event.level)) ?? String(event.level)).padEnd(5);
  const details = Object.entries(event)
    .filter(([member]) => !ownMembers.has(member))
    .map(([member, value]) => `${member}=${detail(value)}`);
  return `${[`${time} ${level} ${event.name}`, event.msg ?? '', ...details].join('  ').trimEnd()}\n`;
}

/** An error is its message on a terminal; the JSON line keeps the stack. */
function detail(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null && 'stack' in value && 'message' in value) return String(value.message);
  return JSON.stringify(value);
}
