/**
 * More than one machine's worth, on one: the same load through the embedded log, and through real Kafka to one and to two writers; what
 * kafkajs takes of that; and how long the partitions of a writer that is killed lie still.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { findKafka } from '../fixtures/kafka/find-kafka.mjs';
import { figure } from './figures.mjs';
import { encodeMicros } from './kafka-encode.mjs';
import { answerOf, runLoad, startSender, wholeBlocks } from './load.mjs';
import { ScaledProduct } from './scaled-product.mjs';

const rate = Number(process.env.BENCH_RATES?.split(',')[0] ?? 5_000);
/** Of what the same load costs with the embedded log. */
const mostTimes = 1.6;
/** Ours: what a broker takes is shown, and belongs to the broker. */
const foreign = new Set(['broker']);
const recoveryRate = 1_000;
const recoverySeconds = 40;
const killAfterMs = 8_000;
const recoveryGoalSeconds = 15;
const recoveryLimitMs = 60_000;

export async function measure({ seconds, say }) {
  if (findKafka()?.classPath === undefined) {
    say('there is no Kafka here to start: set KAFKA_HOME, or install Maven and Java 17');
    return { figures: [], wrong: [] };
  }
  const load = { rate, seconds };
  const embedded = describe('embedded log', await runLoad({ ...load, salt: Date.now() }), say);
  const one = describe('Kafka, 1 writer', await runLoad({ ...load, salt: Date.now(), start: () => ScaledProduct.start(1) }), say);
  const two = describe('Kafka, 2 writers', await runLoad({ ...load, salt: Date.now(), start: () => ScaledProduct.start(2) }), say);
  const recovery = await recover(say);
  const at = `at ${rate.toLocaleString('en-US')}/s`;
  const most = Math.round(mostTimes * embedded.micros);
  return {
    figures: [
      figure(`CPU per segment ${at}, embedded log`, embedded.micros, { unit: 'us' }),
      figure(`CPU per segment ${at}, Kafka and 1 writer, without the broker`, one.micros, { unit: 'us', most, floor: embedded.micros }),
      ...parts(one),
      figure(`CPU per segment ${at}, Kafka and 2 writers, without the broker`, two.micros, { unit: 'us', floor: embedded.micros }),
      ...parts(two),
      figure('  of it, what kafkajs takes to encode what is appended', await encodeMicros(), { unit: 'us' }),
      ...[embedded, one, two].flatMap(({ name, stored, behind, lost }) => [
        figure(`segments/s stored ${at}, ${name}`, stored, { unit: '/s', digits: 0 }),
        figure(`  behind at the end of sending`, behind, { unit: 's', digits: 2 }),
        figure(`  lost`, lost, { digits: 0, most: 0 }),
      ]),
      figure('until every partition is stored again after a writer was killed', recovery.seconds, { unit: 's', most: recoveryGoalSeconds }),
    ],
    wrong: [...[embedded, one, two].flatMap(({ wrong }) => wrong), ...recovery.wrong],
  };
}

function parts({ perSegment }) {
  return Object.entries(perSegment).map(([name, micros]) => figure(`  ${name}`, micros, { unit: 'us' }));
}

function describe(name, { sent, cpu, metrics, storedAtMs, lagAtEnd, wrong, memory }, say) {
  const perSegment = Object.fromEntries(Object.entries(cpu).map(([part, micros]) => [part, micros / sent.sent]));
  const ours = Object.entries(perSegment).filter(([part]) => !foreign.has(part));
  const micros = ours.reduce((sum, [, part]) => sum + part, 0);
  const storedCount = metrics.get('fluoroscope_writer_stored_total');
  const stored = (storedCount / Math.max(1, storedAtMs - sent.startedMs)) * 1000;
  const [behind, lost] = [lagAtEnd / rate, sent.sent - storedCount];
  const shown = Object.entries(perSegment).map(([part, cost]) => `${part} ${cost.toFixed(1)}`);
  const peaks = Object.entries(memory.peaks).map(([part, bytes]) => `${part} ${(bytes / 1e6).toFixed(0)}`);
  say(`${name}: ${sent.sent} sent, lost ${lost}, ${stored.toFixed(0)}/s stored, behind ${behind.toFixed(2)} s at the end`);
  say(`  CPU ${micros.toFixed(1)} us/segment (${shown.join(', ')}), RSS peaks: ${peaks.join(', ')} MB`);
  return { name, perSegment, micros, stored, behind, lost, wrong: wrong.slice(0, 5).map((line) => `scale, ${name}: ${line}`) };
}

/** One of two writers is killed under a steady load: until nothing that came before the kill lies unstored any more. */
async function recover(say) {
  const product = await ScaledProduct.start(2);
  try {
    const settings = {
      port: product.xrayPort,
      rate: recoveryRate,
      documents: wholeBlocks(recoveryRate * recoverySeconds),
      salt: Date.now(),
    };
    const sender = startSender(settings);
    const done = answerOf(sender);
    await sleep(killAfterMs);
    product.writers[0].child.kill('SIGKILL');
    const killedMs = Date.now();
    const seconds = await untilEveryPartitionIsStored(product, killedMs);
    const sent = await done;
    const stored = await untilStored(product, sent.sent);
    say(`a writer was killed: every partition was stored again after ${seconds.toFixed(1)} s; ${stored} of ${sent.sent} documents stored`);
    return { seconds, wrong: stored === sent.sent ? [] : [`scale, recovery: ${stored} documents stored of ${sent.sent}`] };
  } finally {
    await product.stop();
  }
}

/** Something that began after the kill is stored of each. */
async function untilEveryPartitionIsStored(product, killedMs) {
  const oldest = 'SELECT min(latest) FROM (SELECT shard, max(start_micros) AS latest FROM entities GROUP BY shard)';
  while (Date.now() - killedMs < recoveryLimitMs) {
    if (Number(await product.sql(oldest)) / 1000 > killedMs) return (Date.now() - killedMs) / 1000;
    await sleep(100);
  }
  return Number.NaN;
}

/** Of the documents, when no more come; each is counted once, however often it was written. */
async function untilStored(product, expected) {
  const deadline = Date.now() + recoveryLimitMs;
  for (;;) {
    const stored = Number(await product.sql('SELECT uniqExact(trace_id, id) FROM documents'));
    if (stored >= expected || Date.now() > deadline) return stored;
    await sleep(250);
  }
}
