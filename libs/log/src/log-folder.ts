/**
 * The disk log's folder:
 *
 *   format                      version of this layout, and the seed of the checksums
 *   lock                        the process that owns the folder
 *   00000000000000000000.log    records; the name is the position of the first document
 *   readers/<name>.json         a reader's committed position and state
 *
 * Small files are replaced whole: temporary file, fsync, rename, fsync of the folder.
 */
import { randomInt } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const formatVersion = 1;
const fileName = /^(\d{20})\.log$/;
const readerFileName = /^([a-z0-9-]{1,64})\.json$/;
const maxSeed = 2 ** 32;

/** The folder cannot be used; the message is one line for the user, and says what to do. */
export class LogFolderError extends Error {
  override readonly name = 'LogFolderError';
}

export interface LogFile {
  /** Position of its first document. */
  base: number;
  bytes: number;
}

export interface ReaderFile {
  position: number;
  state: unknown;
}

/** Creates what is missing of the folder, durably. */
export async function createFolder(folder: string): Promise<void> {
  const created = await mkdir(join(folder, 'readers'), { recursive: true });
  if (!created) return;
  await syncFolder(folder);
  await syncFolder(dirname(folder));
}

/** The seed of the folder's checksums. Writes the format of a folder that is new. */
export async function readFormat(folder: string): Promise<number> {
  const path = join(folder, 'format');
  const text = await readFile(path, 'utf8').catch(unlessMissing);
  if (text !== null) return parseFormat(text, folder);
  if ((await listFiles(folder)).length > 0)
    throw new LogFolderError(`${path} is missing, without which the log beside it cannot be read: restore it`);
  const seed = randomInt(maxSeed);
  await replaceFile(path, JSON.stringify({ version: formatVersion, seed }));
  return seed;
}

function parseFormat(text: string, folder: string): number {
  const { version, seed } = parseMembers(text);
  if (typeof version === 'number' && version > formatVersion) {
    throw new LogFolderError(
      `${folder} was written by a newer version (log format ${version}, this version reads ${formatVersion}): update, or set FLUOROSCOPE_DATA_DIR to another folder`,
    );
  }
  if (version !== formatVersion || typeof seed !== 'number') throw new LogFolderError(`${join(folder, 'format')} is damaged: restore it`);
  return seed;
}

export function filePath(folder: string, base: number): string {
  return join(folder, `${String(base).padStart(20, '0')}.log`);
}

/** The log's files, oldest first. */
export async function listFiles(folder: string): Promise<LogFile[]> {
  const bases = (await readdir(folder)).flatMap((name) => fileName.exec(name)?.[1] ?? []).map(Number);
  const files = bases.map(async (base) => {
    const found = await stat(filePath(folder, base)).catch(unlessMissing);
    return found ? [{ base, bytes: found.size }] : [];
  });
  return (await Promise.all(files)).flat().sort((a, b) => a.base - b.base);
}

export function readerPath(folder: string, name: string): string {
  if (!readerFileName.test(`${name}.json`)) throw new RangeError(`'${name}' cannot be a reader's name: use a-z, 0-9 and -`);
  return join(folder, 'readers', `${name}.json`);
}

export async function readReader(folder: string, name: string): Promise<ReaderFile | null> {
  const path = readerPath(folder, name);
  const text = await readFile(path, 'utf8').catch(unlessMissing);
  if (text === null) return null;
  const { position, state = null } = parseMembers(text);
  if (typeof position !== 'number' || !Number.isSafeInteger(position)) throw new LogFolderError(`${path} is damaged: restore or remove it`);
  return { position, state };
}

/** Every reader that has a position, with the time of its last sign of life. */
export async function listReaders(folder: string): Promise<{ name: string; position: number; seenAtMs: number }[]> {
  const names = (await readdir(join(folder, 'readers'))).flatMap((name) => readerFileName.exec(name)?.[1] ?? []);
  const readers = names.map(async (name) => {
    const seen = await stat(readerPath(folder, name)).catch(unlessMissing);
    const reader = await readReader(folder, name);
    return seen && reader ? [{ name, position: reader.position, seenAtMs: seen.mtimeMs }] : [];
  });
  return (await Promise.all(readers)).flat();
}

export async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, 'w');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

/** Makes created, renamed and deleted names durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** For `.catch`: a file that does not exist is null, any other trouble stays an error. */
export function unlessMissing(error: unknown): null {
  if (errorCode(error) === 'ENOENT') return null;
  throw error;
}

/** The members of a JSON object; none when the text is not one. */
function parseMembers(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
