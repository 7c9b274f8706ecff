/**
 * The files of the log on the appender's side: the last one is open for writing, older ones wait to be deleted.
 *
 * A write is durable or it has not happened: what a full disk leaves of it is cut off again. A file begins when the one
 * before is full; its name is durable before anything is written to it.
 */
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { LogBroken, LogFull } from './log.js';
import { errorCode, filePath, type LogFile, syncFolder } from './log-folder.js';

const fullDiskCodes = new Set(['ENOSPC', 'EDQUOT']);

export interface LogFilesOptions {
  folder: string;
  /** A file that has this many bytes is followed by another one. */
  fileBytes: number;
  openFile: typeof open;
}

export class LogFiles {
  /** Of all files together, without what is being written. */
  bytes: number;
  readonly #options: LogFilesOptions;
  /** Oldest first. */
  readonly #files: LogFile[];
  #handle: FileHandle | null = null;

  private constructor(options: LogFilesOptions, files: LogFile[]) {
    this.#options = options;
    this.#files = files;
    this.bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  }

  /** Goes on at the end of the last of `files`. */
  static async open(options: LogFilesOptions, files: LogFile[]): Promise<LogFiles> {
    const opened = new LogFiles(options, files);
    const last = files.at(-1);
    if (last) opened.#handle = await options.openFile(filePath(options.folder, last.base), 'r+');
    return opened;
  }

  get count(): number {
    return this.#files.length;
  }

  /** Null when the records are durable. `position` is that of the first document. `LogFull` may be tried again, `LogBroken` not. */
  async write(records: readonly Buffer[], position: number): Promise<LogFull | LogBroken | null> {
    const bytes = records.reduce((sum, { length }) => sum + length, 0);
    try {
      const { file, handle } = await this.#fileFor(bytes, position);
      await writeAll(handle, records, file.bytes);
      // Not asked again after an error, and not undone: what the kernel has dropped cannot be known.
      await handle.datasync().catch((error) => {
        throw brokenBy(error);
      });
      file.bytes += bytes;
      this.bytes += bytes;
      return null;
    } catch (error) {
      return this.#undo(error);
    }
  }

  /** Deletes the files whose documents are all before `position`, but never the last one. Returns how many. */
  async deleteBefore(position: number): Promise<number> {
    let deleted = 0;
    for (let next = this.#files[1]; next && next.base <= position; next = this.#files[1]) {
      const oldest = this.#files[0];
      if (!oldest) break;
      await unlink(filePath(this.#options.folder, oldest.base));
      this.#files.shift();
      this.bytes -= oldest.bytes;
      deleted++;
    }
    if (deleted > 0) await syncFolder(this.#options.folder);
    return deleted;
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = null;
  }

  /** The last file, or a new one behind it when it is full. */
  async #fileFor(bytes: number, position: number): Promise<{ file: LogFile; handle: FileHandle }> {
    const last = this.#files.at(-1);
    if (last && this.#handle && (last.bytes === 0 || last.bytes + bytes <= this.#options.fileBytes))
      return { file: last, handle: this.#handle };
    const handle = await this.#create(position);
    await this.#handle?.close();
    this.#handle = handle;
    const file = { base: position, bytes: 0 };
    this.#files.push(file);
    return { file, handle };
  }

  async #create(base: number): Promise<FileHandle> {
    const path = filePath(this.#options.folder, base);
    const handle = await this.#options.openFile(path, 'wx');
    try {
      await syncFolder(this.#options.folder);
      return handle;
    } catch (error) {
      await handle.close();
      await unlink(path);
      throw brokenBy(error);
    }
  }

  /** Cuts off what a failed write has left. A full disk gets its room back, and may be tried again. */
  async #undo(error: unknown): Promise<LogFull | LogBroken> {
    try {
      // Nothing is open when the very first file could not be made.
      await this.#handle?.truncate(this.#files.at(-1)?.bytes ?? 0);
      if (!fullDiskCodes.has(errorCode(error) ?? '')) return brokenBy(error);
      await this.#handle?.sync();
      return new LogFull('the disk is full', { cause: error });
    } catch (second) {
      return brokenBy(second);
    }
  }
}

function brokenBy(cause: unknown): LogBroken {
  return cause instanceof LogBroken ? cause : new LogBroken('the disk failed: nothing more can be promised until a restart', { cause });
}

async function writeAll(handle: FileHandle, records: readonly Buffer[], position: number): Promise<void> {
  let at = position;
  let rest = [...records];
  while (rest.length > 0) {
    const { bytesWritten } = await handle.writev(rest, at);
    at += bytesWritten;
    rest = unwritten(rest, bytesWritten);
  }
}

function unwritten(records: readonly Buffer[], writtenBytes: number): Buffer[] {
  let written = writtenBytes;
  let first = 0;
  for (const record of records) {
    if (record.length > written) break;
    written -= record.length;
    first++;
  }
  const rest = records.slice(first);
  if (rest[0]) rest[0] = rest[0].subarray(written);
  return rest;
}
