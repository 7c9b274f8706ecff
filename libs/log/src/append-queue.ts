/** Appends that wait for the disk, in order, and the groups they are written in. The log bounds their bytes. */
import { encodeRecord } from './record.js';

/** Linux takes at most 1,024 buffers in one writev. */
const maxGroupRecords = 512;
const maxGroupBytes = 8 * 1024 * 1024;

export interface PendingAppend {
  record: Buffer;
  count: number;
  resolve: () => void;
  reject: (error: Error) => void;
}

export class AppendQueue {
  /** Not yet settled, the group that is being written included. */
  bytes = 0;
  #waiting: PendingAppend[] = [];

  /** Copies the documents, so that the caller may use their memory again at once. */
  add(documents: readonly Uint8Array[], receivedAtMs: number, bytes: number): Promise<void> {
    const record = encodeRecord(documents, receivedAtMs, bytes);
    this.bytes += bytes;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ record, count: documents.length, resolve, reject });
    });
  }

  /** The next appends in order, at least one if any waits. */
  takeGroup(): PendingAppend[] {
    let bytes = 0;
    let count = 0;
    for (const { record } of this.#waiting) {
      bytes += record.length;
      if (count > 0 && (bytes > maxGroupBytes || count >= maxGroupRecords)) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  /** Answers every append of the group. */
  settle(group: readonly PendingAppend[], error: Error | null): void {
    for (const { record, resolve, reject } of group) {
      this.bytes -= record.length;
      if (error) reject(error);
      else resolve();
    }
  }
}
