/**
 * What a start finds at the end of the log. A tail with no undamaged record in it was never acknowledged (or its disk
 * lied): it is cut. Damage with an undamaged record behind it stays where it is; readers skip and count it.
 */
import { open } from 'node:fs/promises';
import { filePath, type LogFile } from './log-folder.js';
import { decodeRecord, findRecord } from './record.js';

export interface Recovered {
  /** One past the last document. */
  end: number;
  /** Size of the file without its torn tail. */
  bytes: number;
  tornBytes: number;
  damagedRegions: number;
  /** Documents in the damaged regions. */
  lostDocuments: number;
}

/** Cuts the torn tail of the log's last file, and makes what is left durable. */
export async function recoverLastFile(folder: string, file: LogFile, seed: number): Promise<Recovered> {
  const handle = await open(filePath(folder, file.base), 'r+');
  try {
    const found = scan(await handle.readFile(), file.base, seed);
    if (found.tornBytes > 0) await handle.truncate(found.bytes);
    await handle.sync();
    return found;
  } finally {
    await handle.close();
  }
}

function scan(bytes: Buffer, base: number, seed: number): Recovered {
  const found: Recovered = { end: base, bytes: 0, tornBytes: 0, damagedRegions: 0, lostDocuments: 0 };
  for (;;) {
    let record = decodeRecord(bytes, found.bytes, seed);
    if (!record) {
      const next = findRecord(bytes, found.bytes, { position: found.end, seed });
      if (next < 0) break;
      found.bytes = next;
      found.damagedRegions++;
      record = decodeRecord(bytes, next, seed);
      if (!record) break;
    }
    found.lostDocuments += Math.max(0, record.batch.position - found.end);
    found.end = record.batch.position + record.batch.ends.length;
    found.bytes += record.recordBytes;
  }
  found.tornBytes = bytes.length - found.bytes;
  return found;
}
