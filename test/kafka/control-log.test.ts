import { KafkaAppender } from '@fluoroscope/log/kafka-appender';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KafkaLogUnderTest, kafkaSettings } from './kafka-log.js';

const actor = { actor: 'somebody' };
let log: KafkaLogUnderTest;

beforeEach(async () => {
  log = await KafkaLogUnderTest.open(kafkaSettings());
});
afterEach(() => log.close());

describe('the control log on Kafka', () => {
  it('gives a name to one of two processes that ask for it at the same time, and both know it when they are answered', async () => {
    const [one, other] = [await log.names(), await log.names()];
    const rounds = ['a', 'b', 'c', 'd', 'e'];
    for (const name of rounds) {
      const answers = await Promise.all([one.log.change({ name }, actor), other.log.change({ name }, actor)]);
      expect(answers.sort()).toEqual([`${name} is new`, `${name} is there`].sort());
    }
    expect(one.names).toEqual(rounds);
    await expect.poll(() => other.names).toEqual(rounds);
    await expect.poll(() => one.log.counters().applied).toBe(2 * rounds.length);
  });

  it('is whole when it is opened again', async () => {
    const first = await log.names();
    await Promise.all(['a', 'b', 'c'].map((name) => first.log.change({ name }, actor)));
    await first.log.close();
    const again = await log.names();
    expect(again.names).toEqual(first.names);
    expect(await again.log.change({ name: 'b' }, actor)).toBe('b is there');
  });
});

describe('a broadcast', () => {
  it('gives every reader what came since a time, and then everything that comes', async () => {
    const live = await KafkaAppender.open(log.connection, 'live');
    await live.append([Buffer.from('old')], 1);
    await expect.poll(async () => (await log.broadcast('live', Date.now())).texts).toEqual([]);
    const betweenMs = Date.now();
    await live.append([Buffer.from('new')], 2);
    const [all, late] = [await log.broadcast('live'), await log.broadcast('live', betweenMs)];
    expect([all.texts, late.texts]).toEqual([['old', 'new'], ['new']]);
    await live.append([Buffer.from('later')], 3);
    await expect
      .poll(() => [all.texts, late.texts], { timeout: 60_000 })
      .toEqual([
        ['old', 'new', 'later'],
        ['new', 'later'],
      ]);
    await live.close();
  });
});
