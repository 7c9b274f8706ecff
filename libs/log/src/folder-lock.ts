/**
 * One owner per folder. The lock names the owning process by its id and start time, so that the lock of a process that
 * was killed is taken over at once, even when its id belongs to another process by now. An owner on another host (two
 * containers on one volume) cannot be looked up: it counts as running while it renews its lock.
 */
import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { errorCode, LogFolderError } from './log-folder.js';

/** An owner renews its lock about every 2 s. */
const foreignOwnerGoneMs = 10_000;
const maxAttempts = 5;

interface Owner {
  pid: number;
  /** In the system's own units; null where the system does not tell. */
  startedAt: string | null;
  host: string;
}

export interface FolderLock {
  /** Call every few seconds. */
  renew(): void;
  release(): void;
}

/** Throws `LogFolderError` with one clear line when another process owns the folder. */
export function lockFolder(folder: string): FolderLock {
  const path = join(folder, 'lock');
  const mine = `${path}.${process.pid}`;
  const content = JSON.stringify({ pid: process.pid, startedAt: startTime(process.pid), host: hostname() } satisfies Owner);
  writeFileSync(mine, content);
  try {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      if (tryLink(mine, path)) return { renew: () => renew(path), release: () => rmSync(path, { force: true }) };
      removeIfStale(path, folder);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  throw new LogFolderError(`${path} changes hands all the time: start one process on ${folder}`);
}

/** True when the lock is ours: a link is made by exactly one process, and is complete from its first moment. */
function tryLink(mine: string, path: string): boolean {
  try {
    linkSync(mine, path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

function removeIfStale(path: string, folder: string): void {
  const seen = readLock(path);
  if (seen === null) return;
  const owner = parseOwner(seen.content);
  if (owner && isRunning(owner, seen.renewedAtMs)) {
    throw new LogFolderError(
      `${folder} belongs to process ${owner.pid}, which is running: stop it, or set FLUOROSCOPE_DATA_DIR to another folder`,
    );
  }
  const aside = `${path}.stale-${process.pid}`;
  try {
    renameSync(path, aside);
    // Another process may have taken over between the look and the rename: then give it back.
    if (readFileSync(aside, 'utf8') !== seen.content) tryLink(aside, path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function readLock(path: string): { content: string; renewedAtMs: number } | null {
  try {
    return { content: readFileSync(path, 'utf8'), renewedAtMs: statSync(path).mtimeMs };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

function isRunning(owner: Owner, renewedAtMs: number): boolean {
  if (owner.host !== hostname()) return Date.now() - renewedAtMs < foreignOwnerGoneMs;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return false;
  }
  return owner.startedAt === startTime(owner.pid);
}

/** Boot and start time of a process; the start time alone repeats after a reboot. */
function startTime(pid: number): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    // Behind the name, which may contain anything: the state, and 19 fields later the start time.
    const fields = (readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1) ?? '').split(' ');
    const isDead = fields[0] === 'Z' || fields[0] === 'X';
    return isDead ? null : `${boot} ${fields[19]}`;
  } catch {
    return null;
  }
}

function parseOwner(content: string): Owner | null {
  try {
    const owner = JSON.parse(content) as Owner | null;
    return owner && Number.isInteger(owner.pid) ? owner : null;
  } catch {
    return null;
  }
}

function renew(path: string): void {
  const now = new Date();
  utimesSync(path, now, now);
}
