/** CPU time and memory of a process tree, from /proc: Linux only. */
import { readdirSync, readFileSync } from 'node:fs';

/** What the kernel counts CPU time in, everywhere. */
const ticksPerSecond = 100;

/** The processes of the tree that are ours, by what they are. */
export function processesOf(mainPid) {
  const found = { main: mainPid };
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || parentOf(pid) !== mainPid) continue;
    const command = commandOf(pid);
    if (command.includes('writer-process.js')) found.writer = pid;
    else if (command.includes('engine.js')) found.engine = pid;
  }
  return found;
}

export function commandOf(pid) {
  return procFile(`${pid}/cmdline`).replaceAll('\0', ' ');
}

/** User and system time since the start, in microseconds. */
export function cpuMicrosOf(pid) {
  return cpuOfStat(procFile(`${pid}/stat`));
}

/** Of each thread of a process, by its ID. */
export function threadsOf(pid) {
  const threads = new Map();
  for (const tid of readdirSync(`/proc/${pid}/task`)) threads.set(Number(tid), cpuOfStat(procFile(`${pid}/task/${tid}/stat`)));
  return threads;
}

/** Resident pages; those that several processes share count for each. */
export function residentBytesOf(pid) {
  return kilobytes(procFile(`${pid}/status`), 'VmRSS') * 1024;
}

/** Resident pages, the shared ones divided among those who share them. Costs the kernel a walk over the page table. */
export function proportionalBytesOf(pid) {
  return kilobytes(procFile(`${pid}/smaps_rollup`), 'Pss') * 1024;
}

function parentOf(pid) {
  return Number(fieldsOf(procFile(`${pid}/stat`))[1]);
}

function cpuOfStat(stat) {
  const fields = fieldsOf(stat);
  return ((Number(fields[11]) + Number(fields[12])) / ticksPerSecond) * 1e6 || 0;
}

/** Those behind the name, which may contain anything: the state is the first. */
function fieldsOf(stat) {
  return (stat.split(') ').at(-1) ?? '').split(' ');
}

function kilobytes(text, name) {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);
}

function procFile(name) {
  try {
    return readFileSync(`/proc/${name}`, 'utf8');
  } catch {
    return ''; // it has ended
  }
}
