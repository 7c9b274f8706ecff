/**
 * What every implementation of the log promises, as tests against the seam of `log.ts`. Each implementation's own test
 * file calls `describeLogConformance` with a way to open a log that is empty at first.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DocumentBatch, LogAppender, LogReader } from './log.js';

export interface LogUnderTest {
  appender: LogAppender;
  reader(name: string): Promise<LogReader>;
  close(): Promise<void>;
}

const enoughBytes = 1_000_000;
/** An upper bound: every implementation answers as soon as it has something. */
const waitMs = 60_000;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const documentsOf = (...texts: string[]): Uint8Array[] => texts.map((text) => encoder.encode(text));

/** The documents of a batch, as text. */
export function textsOf({ bytes, ends }: DocumentBatch): string[] {
  let start = 0;
  return Array.from(ends, (end) => {
    const text = decoder.decode(bytes.subarray(start, end));
    start = end;
    return text;
  });
}

/** Reads on until `count` documents have come. */
export async function readDocuments(reader: LogReader, count: number): Promise<{ texts: string[]; batches: DocumentBatch[] }> {
  const batches: DocumentBatch[] = [];
  let texts: string[] = [];
  while (texts.length < count) {
    const more = await reader.next(enoughBytes, waitMs);
    if (more.length === 0) throw new Error(`${texts.length} of ${count} documents came`);
    batches.push(...more);
    texts = batches.flatMap(textsOf);
  }
  return { texts, batches };
}

/** `open(true)` opens the same data again; `open(false)` a log that holds nothing. */
export function describeLogConformance(name: string, open: (again: boolean) => Promise<LogUnderTest>): void {
  describe(`${name}, as every log`, () => {
    let log: LogUnderTest;

    beforeEach(async () => {
      log = await open(false);
    });
    afterEach(() => log.close());

    it('gives back every document in order, byte for byte, with its position and time', async () => {
      await log.appender.append(documentsOf('one', '', 'thr€e'), 1_234.5);
      await log.appender.append([Uint8Array.of(0, 255, 10, 200)], 2_000);
      const { batches } = await readDocuments(await log.reader('order'), 4);
      const documents = batches.flatMap((batch) => Array.from(batch.ends, (end, i) => batch.bytes.slice(batch.ends[i - 1] ?? 0, end)));
      expect(documents.map((document) => [...document])).toEqual(
        [...documentsOf('one', '', 'thr€e'), Uint8Array.of(0, 255, 10, 200)].map((document) => [...document]),
      );
      expect(batches[0]).toMatchObject({ partition: 0, position: 0, receivedAtMs: 1_234.5, lost: 0 });
      expect(batches.at(-1)).toMatchObject({ receivedAtMs: 2_000 });
    });

    it('keeps the order of appends that were not awaited, in growing positions', async () => {
      const names = Array.from({ length: 300 }, (_, i) => `document ${i}`);
      await Promise.all(names.map((text) => log.appender.append(documentsOf(text), 1)));
      const reader = await log.reader('growing');
      const { texts, batches } = await readDocuments(reader, names.length);
      expect(reader.unread()).toBe(0);
      expect(texts).toEqual(names);
      let position = 0;
      for (const batch of batches) {
        expect(batch.position).toBeGreaterThanOrEqual(position);
        position += batch.ends.length;
      }
    });

    it('copies what it is given, so that the caller may use the memory again', async () => {
      const memory = encoder.encode('first');
      const durable = log.appender.append([memory], 1);
      memory.fill(120);
      await durable;
      expect((await readDocuments(await log.reader('memory'), 1)).texts).toEqual(['first']);
    });

    it('waits for documents, and answers with none when the time is over', async () => {
      const reader = await log.reader('waits');
      expect(await reader.next(enoughBytes, 20)).toEqual([]);
      const waiting = reader.next(enoughBytes, waitMs);
      await log.appender.append(documentsOf('late'), 1);
      expect((await waiting).flatMap(textsOf)).toEqual(['late']);
    });

    it('answers at most the bytes that were asked for, but at least one batch', async () => {
      for (let i = 0; i < 4; i++) await log.appender.append([new Uint8Array(1_000)], 1);
      const reader = await log.reader('bytes');
      const sizes: number[] = [];
      for (let read = 0; read < 4; ) {
        const batches = await reader.next(2_500, waitMs);
        sizes.push(batches.reduce((sum, { bytes }) => sum + bytes.length, 0));
        read += batches.reduce((sum, { ends }) => sum + ends.length, 0);
      }
      expect(Math.max(...sizes)).toBeLessThanOrEqual(2_500);
      await log.appender.append([new Uint8Array(9_000)], 1);
      expect((await reader.next(10, waitMs))[0]?.bytes).toHaveLength(9_000);
    });

    it('begins again at the last commit, with its state, after a restart', async () => {
      await log.appender.append(documentsOf('a', 'b'), 1);
      await log.appender.append(documentsOf('c'), 1);
      const first = await log.reader('restart');
      await readDocuments(first, 3);
      await first.commit(2, { done: ['a', 'b'] });
      await log.close();
      log = await open(true);
      const second = await log.reader('restart');
      expect(await second.committed()).toEqual({ position: 2, state: { done: ['a', 'b'] } });
      const third = await readDocuments(second, 1);
      expect(third.texts).toEqual(['c']);
      await log.appender.append(documentsOf('d'), 1);
      const fourth = await readDocuments(second, 1);
      expect(fourth.texts).toEqual(['d']);
      expect(fourth.batches[0]?.position).toBeGreaterThan(third.batches[0]?.position ?? Number.POSITIVE_INFINITY);
    });

    it('begins behind a commit that lies within a batch', async () => {
      await log.appender.append(documentsOf('a', 'bb', 'ccc'), 7);
      const first = await log.reader('within');
      await first.commit(1, null);
      await first.close();
      const { texts, batches } = await readDocuments(await log.reader('within'), 2);
      expect(texts).toEqual(['bb', 'ccc']);
      expect(batches[0]).toMatchObject({ position: 1, receivedAtMs: 7 });
    });

    it('lets readers of different names go at their own pace', async () => {
      await log.appender.append(documentsOf('a', 'b'), 1);
      const [fast, slow] = [await log.reader('fast'), await log.reader('slow')];
      await readDocuments(fast, 2);
      await fast.commit(2, null);
      expect((await readDocuments(slow, 2)).texts).toEqual(['a', 'b']);
      expect(await fast.next(enoughBytes, 10)).toEqual([]);
    });
  });
}
