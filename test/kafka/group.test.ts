/** Members of the group that share partitions: who has one, how it changes hands, and what a reader is told of what is gone. */
import net from 'node:net';
import { KafkaProblem } from '@fluoroscope/log/kafka-errors';
import { maxDocumentsPerMessage, positionsPerMessage } from '@fluoroscope/log/kafka-message';
import { type LogReader, PartitionLost } from '@fluoroscope/log/log';
import { documentsOf, readDocuments, textsOf } from '@fluoroscope/log/log-conformance';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { KafkaLogUnderTest, kafkaSettings } from './kafka-log.js';

const waitMs = 60_000;
/** Behind everything that a message may hold. */
const endOf = (offset: number) => offset * positionsPerMessage + maxDocumentsPerMessage;
/** More than a session of the group lasts. */
const longerThanSessionMs = 9_000;
let log: KafkaLogUnderTest;

afterEach(() => log.close());

/** Reads and commits each batch, until its partition is lost; what was committed is what counts as done. */
async function work(reader: LogReader, done: Done[]): Promise<void> {
  for (;;) {
    for (const batch of await reader.next(100_000, 200)) {
      await reader.commit(batch.position + batch.ends.length, null);
      const place = `${batch.partition} ${batch.position}`;
      done.push(...textsOf(batch).map((text, at) => ({ place: `${place} ${at}`, text })));
    }
  }
}

interface Done {
  place: string;
  text: string;
}

const different = (done: readonly Done[], what: keyof Done) => new Set(done.map((one) => one[what])).size;

function documents(from: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const number = from + i;
    return JSON.stringify({ trace_id: `1-581cf771-${number.toString(16).padStart(24, '0')}`, number });
  });
}

describe('two members of a group', () => {
  it('share the partitions, and neither leaves out nor repeats what was committed when one comes and goes', async () => {
    log = await KafkaLogUnderTest.open(kafkaSettings({ kafkaPartitions: 4 }));
    const done: Done[] = [];
    const ends: unknown[] = [];
    const start = (reader: LogReader) => void work(reader, done).catch((error) => ends.push(error));
    const texts: string[] = [];
    const append = async (count: number) => {
      const more = documents(texts.length, count);
      texts.push(...more);
      await log.appender.append(documentsOf(...more), 1);
    };
    const first = await log.join('shared', start);
    await append(200);
    await expect.poll(() => different(done, 'text'), { timeout: waitMs }).toBe(200);
    const joining = log.join('shared', start);
    for (let i = 0; i < 10; i++) await append(50);
    const second = await joining;
    await expect.poll(() => [first.counters().partitions, second.counters().partitions], { timeout: waitMs }).toEqual([2, 2]);
    await append(200);
    await expect.poll(() => different(done, 'text'), { timeout: waitMs }).toBe(texts.length);
    await second.close();
    await append(200);
    await expect.poll(() => different(done, 'text'), { timeout: waitMs }).toBe(texts.length);
    // Each place once; an append that Kafka took twice, because its answer was lost, lies in two.
    expect(different(done, 'place')).toBe(done.length);
    expect(first.counters()).toMatchObject({ partitions: 4, lostMessages: 0 });
    for (const error of ends) expect(error).toBeInstanceOf(PartitionLost);
    expect(log.failures).toEqual([]);
  });

  it('refuse the commit of a reader whose partition has gone to the other, which begins at the last one', async () => {
    log = await KafkaLogUnderTest.open(kafkaSettings({ kafkaPartitions: 2 }));
    const old: LogReader[] = [];
    const fresh: LogReader[] = [];
    await log.join('moved', (reader) => void old.push(reader));
    await expect.poll(() => old.length, { timeout: waitMs }).toBe(2);
    const texts = documents(0, 100);
    await log.appender.append(documentsOf(...texts), 1);
    const read = await Promise.all(old.map((reader) => reader.next(1_000_000, waitMs)));
    const ends = read.map(([batch]) => (batch?.position ?? 0) + (batch?.ends.length ?? 0));
    await Promise.all(old.map((reader, at) => reader.commit((ends[at] ?? 0) - 1, { at })));
    await log.join('moved', (reader) => void fresh.push(reader));
    await expect.poll(() => fresh.length, { timeout: waitMs }).toBe(1);
    const moved = old.findIndex(({ partition }) => partition === fresh[0]?.partition);
    await expect(old[moved]?.commit(ends[moved] ?? 0, { at: 'too late' })).rejects.toThrow(PartitionLost);
    await expect(old[moved]?.next(1_000, 10)).rejects.toThrow(PartitionLost);
    expect(await fresh[0]?.committed()).toEqual({ position: (ends[moved] ?? 0) - 1, state: { at: moved } });
    const [left] = (await fresh[0]?.next(1_000_000, waitMs)) ?? [];
    expect(left?.ends).toHaveLength(1);
    // The other one has stayed where it was, and goes on.
    const stayed = old[1 - moved];
    await stayed?.commit(ends[1 - moved] ?? 0, { at: 'in time' });
    expect((await stayed?.committed())?.state).toEqual({ at: 'in time' });
  });
});

describe('a member that the group has given up', () => {
  /** Its connections, and what it is given: held, they keep its heartbeats from being answered, as if its process stood still. */
  async function joinWithSockets(name: string, readers: LogReader[]): Promise<net.Socket[]> {
    const connect = vi.spyOn(net, 'connect');
    try {
      await log.join(name, (reader) => void readers.push(reader));
      await expect.poll(() => readers.length, { timeout: waitMs }).toBe(1);
      return connect.mock.results.flatMap(({ type, value }) => (type === 'return' ? value : []));
    } finally {
      connect.mockRestore();
    }
  }

  it('begins anew at the commit, though nobody has committed meanwhile: another one may have withdrawn what it stored', async () => {
    log = await KafkaLogUnderTest.open(kafkaSettings());
    const other = await KafkaLogUnderTest.open(log.settings);
    const readers: LogReader[] = [];
    const others: LogReader[] = [];
    const sockets = await joinWithSockets('frozen', readers);
    expect(sockets).not.toEqual([]);
    const texts = documents(0, 3);
    await log.appender.append(documentsOf(...texts), 1);
    const [before] = readers;
    expect((await before?.next(1_000_000, waitMs))?.flatMap(textsOf)).toEqual(texts);
    for (const socket of sockets) socket.pause();
    await other.join('frozen', (reader) => void others.push(reader));
    await expect.poll(() => others.length, { timeout: waitMs }).toBe(1);
    await other.close();
    for (const socket of sockets) socket.resume();
    await expect.poll(() => readers.length, { timeout: waitMs }).toBe(2);
    await expect(before?.commit(4_096, null)).rejects.toThrow(PartitionLost);
    expect((await readers[1]?.next(1_000_000, waitMs))?.flatMap(textsOf)).toEqual(texts);
  });
});

describe('a member whose clock is set back', () => {
  afterEach(() => void vi.restoreAllMocks());

  it('joins anew, reads on from its commit and is heard, though kafkajs beats by that clock', async () => {
    log = await KafkaLogUnderTest.open(kafkaSettings());
    const readers: LogReader[] = [];
    const group = await log.join('clock', (reader) => void readers.push(reader));
    await expect.poll(() => readers.length, { timeout: waitMs }).toBe(1);
    const texts = documents(0, 3);
    await log.appender.append(documentsOf(...texts), 1);
    expect((await readers[0]?.next(1_000_000, waitMs))?.flatMap(textsOf)).toEqual(texts);
    const now = Date.now;
    vi.spyOn(Date, 'now').mockImplementation(() => now() - 3_600_000);
    await expect.poll(() => readers.length, { timeout: waitMs }).toBe(2);
    const [, reader] = readers;
    expect((await reader?.next(1_000_000, waitMs))?.flatMap(textsOf)).toEqual(texts);
    await reader?.commit(4_096, { done: 3 });
    expect(await reader?.committed()).toEqual({ position: 4_096, state: { done: 3 } });
    expect(group.counters()).toMatchObject({ rebalances: 2, lostPartitions: 1 });
    expect(log.failures).toEqual([]);
  });
});

describe('a reader that is slow', () => {
  it('keeps its partition for longer than a session, with a full queue, and goes on', async () => {
    log = await KafkaLogUnderTest.open(kafkaSettings());
    const readers: LogReader[] = [];
    const group = await log.join('slow', (reader) => void readers.push(reader));
    await expect.poll(() => readers.length, { timeout: waitMs }).toBe(1);
    const [reader] = readers;
    if (!reader) throw new Error('there is no reader');
    const texts = documents(0, 60).map((text) => text.replace('}', `,"note":"${'x'.repeat(400_000)}"}`));
    for (const text of texts) await log.appender.append(documentsOf(text), 1);
    const startMs = Date.now();
    await expect.poll(() => Date.now() - startMs, { timeout: waitMs }).toBeGreaterThan(longerThanSessionMs);
    const { texts: read } = await readDocuments(reader, texts.length);
    expect(read).toEqual(texts);
    await reader.commit(texts.length * 4_096, null);
    expect(group.counters()).toMatchObject({ rebalances: 1, lostPartitions: 0 });
  });
});

describe('what retention has taken', () => {
  async function behind(name: string): Promise<LogReader> {
    log = await KafkaLogUnderTest.open(kafkaSettings());
    const reader = await log.reader(name);
    for (const text of documents(0, 5)) await log.appender.append(documentsOf(text), 1);
    const { batches } = await readDocuments(reader, 5);
    expect(batches).toHaveLength(5);
    await reader.commit(2 * 4_096, { done: 2 });
    await reader.close();
    return reader;
  }

  async function forget(offset: number): Promise<void> {
    const partitions = [{ partition: 0, offset: String(offset) }];
    await log.connection.admin.deleteTopicRecords({ topic: log.connection.topic('segments'), partitions });
  }

  it('is told with what comes next', async () => {
    await behind('gap');
    await forget(4);
    const reader = await log.reader('gap');
    const { batches, texts } = await readDocuments(reader, 1);
    expect(texts).toEqual(documents(4, 1));
    expect(batches[0]).toMatchObject({ position: endOf(3), lost: 2 });
    await reader.commit(5 * 4_096, null);
    expect(log.lines).toContain('messages were gone from Kafka before they were read');
  });

  it('takes nothing of what was committed, until the next commit', async () => {
    await behind('kept');
    await forget(-1);
    for (let restart = 0; restart < 2; restart++) {
      const reader = await log.reader('kept');
      expect(await reader.committed()).toEqual({ position: 2 * 4_096, state: { done: 2 } });
      const first = await reader.next(1_000, waitMs);
      expect(first[0]).toMatchObject({ position: endOf(4), lost: 3 });
      await log.appender.append(documentsOf(`after ${restart}`), 1);
      const { texts } = await readDocuments(reader, restart + 1 - first.flatMap(textsOf).length);
      expect(texts.at(-1)).toBe(`after ${restart}`);
      await reader.close();
    }
  });

  it('is told when nothing comes any more', async () => {
    await behind('end');
    await forget(-1);
    const reader = await log.reader('end');
    expect(reader.unread()).toBeLessThanOrEqual(3);
    const [batch] = await reader.next(1_000, waitMs);
    expect(batch).toMatchObject({ position: endOf(4), lost: 3 });
    expect(batch?.ends).toHaveLength(0);
    await reader.commit(5 * 4_096, null);
    expect(reader.unread()).toBe(0);
  });
});

describe('a topic that is shorter than what is committed', () => {
  it('is told in one line, because what comes next would be taken for what was read long ago', async () => {
    log = await KafkaLogUnderTest.open(kafkaSettings());
    await log.appender.append(documentsOf('a'), 1);
    const topic = log.connection.topic('segments');
    const groupId = log.connection.group('short');
    await log.connection.admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '500' }] });
    await log.join('short', () => {});
    await expect.poll(() => log.failures, { timeout: waitMs }).toHaveLength(1);
    expect(log.failures[0]).toBeInstanceOf(KafkaProblem);
    expect(log.failures[0]?.message).toMatch(/segments ends at 1 in partition 0, and 500 is committed.* of the group \S+short back/);
  });

  it('is told while it is read, and not only at the next start', async () => {
    log = await KafkaLogUnderTest.open(kafkaSettings());
    for (const text of documents(0, 3)) await log.appender.append(documentsOf(text), 1);
    await readDocuments(await log.reader('shortened'), 3);
    // As after a disk that was put back: a broker cannot be made to lose what it has.
    const bounds = vi.spyOn(log.connection.admin, 'fetchTopicOffsets');
    bounds.mockResolvedValue([{ partition: 0, offset: '1', high: '1', low: '0' }]);
    await expect.poll(() => log.failures, { timeout: waitMs }).not.toHaveLength(0);
    bounds.mockRestore();
    expect(log.failures[0]).toBeInstanceOf(KafkaProblem);
    expect(log.failures[0]?.message).toMatch(/segments ends at 1 in partition 0, and was read up to 3/);
  });
});

describe('a group whose offset an operator has set', () => {
  it('reads from there on, and says that nothing of its own is committed', async () => {
    log = await KafkaLogUnderTest.open(kafkaSettings());
    const texts = documents(0, 3);
    for (const text of texts) await log.appender.append(documentsOf(text), 1);
    const topic = log.connection.topic('segments');
    await log.connection.admin.setOffsets({ groupId: log.connection.group('set'), topic, partitions: [{ partition: 0, offset: '1' }] });
    const reader = await log.reader('set');
    expect(await reader.committed()).toEqual({ position: 4_096, state: null });
    expect((await readDocuments(reader, 2)).texts).toEqual(texts.slice(1));
    await reader.commit(2 * 4_096, { done: 1 });
    expect(await reader.committed()).toEqual({ position: 2 * 4_096, state: { done: 1 } });
  });
});
