/** docs/kafka.md is true: its table of topics, and its examples, which are run as they stand but for the broker's address. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readMetricData } from '@fluoroscope/cloudwatch/metric-data';
import { type DocumentKind, documentKinds, metricDocuments, segmentDocuments } from '@fluoroscope/log/document-kind';
import { textsOf } from '@fluoroscope/log/log-conformance';
import { parseDocument } from '@fluoroscope/xray/document';
import { ConfigResourceTypes } from 'kafkajs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findKafka } from '../fixtures/kafka/find-kafka.mjs';
import { KafkaLogUnderTest, kafkaSettings } from './kafka-log.js';

const page = readFileSync(fileURLToPath(new URL('../../docs/kafka.md', import.meta.url)), 'utf8');
const partitions = 8;
const waitMs = 60_000;
const hasKcat = spawnSync('kcat', ['-V']).status === 0;
const classPath = classPathOfKafka();
const units: Record<string, number> = { minutes: 60_000, hour: 3_600_000, days: 86_400_000 };
let log: KafkaLogUnderTest;

async function openLog(kind: DocumentKind): Promise<void> {
  log = await KafkaLogUnderTest.open(kafkaSettings({ kafkaPartitions: partitions }), kind);
}
afterEach(() => log?.close());

describe('docs/kafka.md', () => {
  it('lists every topic with its partitions and its retention', async () => {
    await openLog(segmentDocuments);
    const rows = [...page.matchAll(/^\| `fluoroscope\.([\w.]+)` \| (\S+) \| (.+?) \|/gm)];
    const listed = rows.map(([, name = '', count = '', kept = '']) => ({
      name,
      partitions: count === '`FLUOROSCOPE_KAFKA_PARTITIONS`' ? partitions : Number(count),
      keptMs: kept === 'for ever' ? -1 : Number(kept.split(' ')[0]) * (units[kept.split(' ')[1] ?? ''] ?? 0),
    }));
    const byName = (left: { name: string }, right: { name: string }) => left.name.localeCompare(right.name);
    expect((await topicsOfBroker()).sort(byName)).toEqual(listed.sort(byName));
  });

  it('names the groups of the writers', () => {
    for (const group of ['writer', 'metric-writer']) expect(page).toContain(`\`fluoroscope.${group}\``);
  });
});

describe.each(documentKinds)('docs/kafka.md on $topic', (kind) => {
  beforeEach(() => openLog(kind));

  it.skipIf(!hasKcat)('shows how kcat produces', async () => {
    const { status, stderr } = spawnSync('sh', ['-c', example('sh')], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    await expectDocument();
  });

  it.skipIf(classPath === null)("shows how Kafka's own client produces", async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fluoroscope-produce-'));
    try {
      await writeFile(join(folder, 'Produce.java'), example('java'));
      const { status, stderr } = spawnSync('java', ['-cp', classPath ?? '', join(folder, 'Produce.java')], { encoding: 'utf8' });
      expect(status, stderr).toBe(0);
      await expectDocument();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

/** The first block of that language that writes to the topic, for the broker and the topics of this test. */
function example(language: string): string {
  const { topic } = log.kind;
  const blocks = [...page.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, code = '']) => code);
  const code = blocks.find((block) => block.includes('localhost:9092') && block.includes(`fluoroscope.${topic}`)) ?? '';
  expect(code).not.toBe('');
  return code
    .replaceAll('localhost:9092', log.settings.kafkaBrokers.join())
    .replaceAll(`fluoroscope.${topic}`, log.connection.topic(topic));
}

/** It is read where it lies, because the producer has put it where it belongs; and whoever stores it takes it. */
async function expectDocument(): Promise<void> {
  const texts: string[] = [];
  const group = await log.join('documentation', (reader) => {
    const read = async () => {
      for (;;) for (const batch of await reader.next(1_000_000, 500)) texts.push(...textsOf(batch));
    };
    read().catch(() => {});
  });
  await expect.poll(() => texts, { timeout: waitMs }).toHaveLength(1);
  expect(group.counters()).toMatchObject({ plainMessages: 1, rehomed: 0, deadMessages: 0 });
  expect(refusalOf(texts[0] ?? '')).toBeNull();
  await group.close();
}

function refusalOf(text: string): string | null {
  const nowSeconds = Date.now() / 1000;
  const read = log.kind === metricDocuments ? readMetricData(text, nowSeconds) : parseDocument(text, nowSeconds);
  return 'rejected' in read ? (read.rejected?.message ?? null) : null;
}

async function topicsOfBroker() {
  const { admin } = log.connection;
  const prefix = log.settings.kafkaTopicPrefix;
  const names = (await admin.listTopics()).filter((name) => name.startsWith(prefix));
  const { topics } = await admin.fetchTopicMetadata({ topics: names });
  const asked = names.map((name) => ({ type: ConfigResourceTypes.TOPIC, name, configNames: ['retention.ms'] }));
  const { resources } = await admin.describeConfigs({ resources: asked, includeSynonyms: false });
  return topics.map(({ name, partitions: { length } }) => {
    const entries = resources.find(({ resourceName }) => resourceName === name)?.configEntries;
    return { name: name.slice(prefix.length), partitions: length, keptMs: Number(entries?.[0]?.configValue) };
  });
}

/** Null where Kafka's jars are not on this machine: in an engine's container, or behind an address. */
function classPathOfKafka(): string | null {
  const found = findKafka();
  return found === null || found.brokers !== undefined || found.engine !== null ? null : found.classPath;
}
