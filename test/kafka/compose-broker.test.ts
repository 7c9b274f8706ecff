/**
 * The broker of docker-compose.yml: its environment, given to the program by which Kafka's image turns it into settings and makes the
 * data folder. What that program refuses would keep the container from starting.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findKafka } from '../fixtures/kafka/find-kafka.mjs';
import { readCompose } from '../tidy/compose.js';

const found = findKafka();
const classPath = found !== null && found.brokers === undefined && found.engine === null ? found.classPath : null;
/** What the image has, and the program copies where nothing takes its place. */
const defaults = ['server.properties', 'log4j2.yaml', 'tools-log4j2.yaml'];

it.skipIf(classPath === null)('is one that Kafka takes, with all that it needs', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fluoroscope-compose-'));
  const [ours, given, made] = ['defaults', 'mounted', 'final'].map((name) => join(folder, name)) as [string, string, string];
  const environment = readCompose().services.kafka?.environment ?? {};
  const dataFolder = environment.KAFKA_LOG_DIRS ?? '';
  try {
    for (const path of [ours, given, made]) mkdirSync(path);
    for (const name of defaults) writeFileSync(join(ours, name), '');
    const words = ['--default-configs-dir', ours, '--mounted-configs-dir', given, '--final-configs-dir', made];
    const { status, stderr } = spawnSync('java', ['-cp', classPath ?? '', 'kafka.docker.KafkaDockerWrapper', 'setup', ...words], {
      env: { PATH: process.env.PATH, ...environment, KAFKA_LOG_DIRS: join(folder, 'data') },
      encoding: 'utf8',
    });
    expect(status, stderr).toBe(0);
    const settings = readFileSync(join(made, 'server.properties'), 'utf8');
    expect(settings).toContain('process.roles=broker,controller\n');
    expect(settings).toContain(`listeners=${environment.KAFKA_LISTENERS}\n`);
    expect(readFileSync(join(folder, 'data/meta.properties'), 'utf8')).toContain(`cluster.id=${environment.CLUSTER_ID}\n`);
    expect(dataFolder).toBe('/var/lib/kafka/data');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
