/** Any sequence of appends, commits, restarts and torn writes leaves a log that gives back exactly what was acknowledged. */
import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DiskLog } from './disk-log.js';
import { documentsOf, readDocuments } from './log-conformance.js';

type Step = { append: string[][] } | { commit: number } | { restart: Uint8Array };

const steps = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ append: fc.array(fc.array(fc.string({ maxLength: 200 }), { minLength: 1, maxLength: 5 }), { maxLength: 6 }) }),
    },
    { weight: 2, arbitrary: fc.record({ commit: fc.double({ min: 0, max: 1, noNaN: true }) }) },
    // What a write that was cut short leaves behind.
    { weight: 1, arbitrary: fc.record({ restart: fc.uint8Array({ maxLength: 80 }) }) },
  ),
  { maxLength: 25 },
);

class Model {
  readonly acknowledged: string[] = [];
  committed = 0;
  readonly #folder: string;
  #log: DiskLog;

  private constructor(folder: string, log: DiskLog) {
    this.#folder = folder;
    this.#log = log;
  }

  static async open(folder: string): Promise<Model> {
    return new Model(folder, await openLog(folder));
  }

  async run(step: Step): Promise<void> {
    if ('append' in step) {
      await Promise.all(step.append.map((texts) => this.#log.append(documentsOf(...texts), 1)));
      this.acknowledged.push(...step.append.flat());
    } else if ('commit' in step) {
      const reader = await this.#log.reader('model');
      this.committed = Math.max(this.committed, Math.floor(step.commit * this.acknowledged.length));
      await reader.commit(this.committed, null);
      await reader.close();
      await this.#log.sweep();
    } else {
      await this.#log.close();
      const last = (await readdir(this.#folder))
        .filter((name) => name.endsWith('.log'))
        .sort()
        .at(-1);
      if (last) await appendFile(join(this.#folder, last), step.restart);
      this.#log = await openLog(this.#folder);
    }
  }

  async check(): Promise<void> {
    expect(this.#log.endPosition()).toBe(this.acknowledged.length);
    const reader = await this.#log.reader('model');
    const left = this.acknowledged.slice(this.committed);
    expect((await readDocuments(reader, left.length)).texts).toEqual(left);
    expect(reader.lost).toBe(0);
  }

  close(): Promise<void> {
    return this.#log.close();
  }
}

function openLog(folder: string): Promise<DiskLog> {
  return DiskLog.open({ folder, capBytes: 10_000_000, fileBytes: 1_000, logger: { warn: () => {}, error: () => {} } });
}

it('the disk log gives back what it acknowledged, whatever happens in between', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      const folder = await mkdtemp(join(tmpdir(), 'disk-log-model-'));
      const model = await Model.open(folder);
      try {
        for (const step of sequence) await model.run(step);
        await model.check();
      } finally {
        await model.close();
        await rm(folder, { recursive: true });
      }
    }),
    { numRuns: 60 },
  );
});
