/**
 * Walks the records of a log's files in order, up to the position that is known to be durable; what lies behind it may
 * still be cut off and written anew, so it is neither looked at nor kept.
 *
 * Reads large pieces; a batch shares the memory of its piece. Damage is skipped to the next undamaged record, and the
 * documents missing in the positions are counted as lost; so are those of files that were deleted before they were read.
 */
import { type FileHandle, open } from 'node:fs/promises';
import type { DocumentBatch } from './log.js';
import { filePath, type LogFile, listFiles, unlessMissing } from './log-folder.js';
import { batchFrom, decodeRecord, findRecord, recordBytesAt } from './record.js';

const pieceBytes = 4 * 1024 * 1024;
const nothing = Buffer.alloc(0);

export class RecordCursor {
  /** Position of the next document. */
  position: number;
  /** Documents that were skipped because their records are damaged or gone. */
  lost = 0;
  readonly #folder: string;
  readonly #seed: number;
  readonly #onLost: (position: number, documents: number) => void;
  #file: { base: number; handle: FileHandle } | null = null;
  #piece: Buffer = nothing;
  /** Where in the file the piece begins, and where in the piece the next record does. */
  #pieceOffset = 0;
  #at = 0;
  /** What was durable when the piece was read. */
  #pieceDurable = 0;

  constructor(options: { folder: string; seed: number; position: number; onLost: (position: number, documents: number) => void }) {
    this.#folder = options.folder;
    this.#seed = options.seed;
    this.position = options.position;
    this.#onLost = options.onLost;
  }

  /** The next batch if it is in memory; null when `fill` must look for it. */
  take(): DocumentBatch | null {
    while (this.position < this.#pieceDurable) {
      const found = decodeRecord(this.#piece, this.#at, this.#seed);
      if (!found || found.batch.position >= this.#pieceDurable) return null;
      this.#at += found.recordBytes;
      const { batch } = found;
      const end = batch.position + batch.ends.length;
      if (end <= this.position) continue;
      this.#skipTo(batch.position);
      const rest = batch.position < this.position ? batchFrom(batch, this.position) : batch;
      this.position = end;
      return rest;
    }
    return null;
  }

  /** Brings the next record into memory. False when there is no durable document at or behind the position. */
  async fill(durable: number): Promise<boolean> {
    while (this.position < durable) {
      if (!this.#file && !(await this.#openFile())) return this.#giveUp(durable);
      const looked = this.#at === 0 && this.#piece.length > 0 && this.#pieceDurable === durable;
      const found = looked ? await this.#readOn(durable) : await this.#readPiece(durable, pieceBytes);
      if (found) return true;
      if (!(await this.#openNextFile())) return this.#giveUp(durable);
    }
    this.#forget();
    return false;
  }

  async close(): Promise<void> {
    this.#forget();
    await this.#file?.handle.close();
    this.#file = null;
  }

  /** Reads from the next record on. False at the end of the file. */
  async #readPiece(durable: number, bytes: number): Promise<boolean> {
    const offset = this.#pieceOffset + this.#at;
    const left = (await this.#fileBytes()) - offset;
    this.#forget();
    if (left <= 0) return false;
    this.#piece = await this.#read(offset, Math.min(left, bytes));
    this.#pieceDurable = durable;
    return this.#piece.length > 0;
  }

  /** The piece does not begin with a whole, undamaged record: it is longer than the piece, or damaged. */
  async #readOn(durable: number): Promise<boolean> {
    const expectedBytes = recordBytesAt(this.#piece, 0);
    const left = (await this.#fileBytes()) - this.#pieceOffset;
    if (expectedBytes > this.#piece.length && expectedBytes <= left) return this.#readPiece(durable, expectedBytes);
    return this.#readBehindDamage(durable, left);
  }

  async #readBehindDamage(durable: number, left: number): Promise<boolean> {
    const offset = this.#pieceOffset;
    const rest = await this.#read(offset, left);
    const found = findRecord(rest, 1, { position: this.position, seed: this.#seed });
    this.#forget();
    const batch = found < 0 ? null : decodeRecord(rest, found, this.#seed)?.batch;
    if (!batch || batch.position >= durable) return false;
    this.#pieceOffset = offset + found;
    this.#piece = rest.subarray(found);
    this.#pieceDurable = durable;
    return true;
  }

  async #read(offset: number, bytes: number): Promise<Buffer> {
    const piece = Buffer.allocUnsafeSlow(bytes);
    let read = 0;
    while (read < bytes) {
      const result = await this.#file?.handle.read(piece, read, bytes - read, offset + read);
      if (!result?.bytesRead) break;
      read += result.bytesRead;
    }
    return piece.subarray(0, read);
  }

  async #fileBytes(): Promise<number> {
    return (await this.#file?.handle.stat())?.size ?? 0;
  }

  /** The file that holds the position, or the oldest behind it. */
  #openFile(): Promise<boolean> {
    return this.#use((files) => files.findLast(({ base }) => base <= this.position) ?? files[0]);
  }

  #openNextFile(): Promise<boolean> {
    const after = this.#file?.base ?? -1;
    return this.#use((files) => files.find(({ base }) => base > after));
  }

  /** A file may be deleted between the look and the opening; then the next look does not find it any more. */
  async #use(choose: (files: LogFile[]) => LogFile | undefined): Promise<boolean> {
    for (;;) {
      const file = choose(await listFiles(this.#folder));
      if (!file) return false;
      const handle = await open(filePath(this.#folder, file.base), 'r').catch(unlessMissing);
      if (!handle) continue;
      await this.#file?.handle.close();
      this.#file = { base: file.base, handle };
      this.#forget();
      this.#pieceOffset = 0;
      return true;
    }
  }

  /** Forgets the piece, and stays at the next record. */
  #forget(): void {
    this.#pieceOffset += this.#at;
    this.#at = 0;
    this.#piece = nothing;
    this.#pieceDurable = 0;
  }

  /** Durable documents that are nowhere to be found. */
  #giveUp(durable: number): false {
    this.#forget();
    this.#skipTo(durable);
    return false;
  }

  #skipTo(position: number): void {
    const documents = position - this.position;
    if (documents <= 0) return;
    this.lost += documents;
    this.#onLost(this.position, documents);
    this.position = position;
  }
}
