/** Daemon, api and writers of one installation, each of which is killed and started again while documents are sent. */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { fate } from '../faults/equations.js';
import type { Chance } from '../fixtures/chance.js';
import type { Processes, ProcessUnderTest } from '../fixtures/processes.js';

const patienceMs = 120_000;
const retryMs = 200;
/** A datagram that is not appended by then is lost: with its daemon, or in the kernel. */
const appendMs = 3_000;
const pollMs = 20;
const clockSteps = 3;
const clockMs = 1_500;
const steppedClock = fileURLToPath(new URL('../fixtures/stepped-clock.mjs', import.meta.url));

export class Fleet {
  writers: ProcessUnderTest[] = [];

  private constructor(
    private readonly processes: Processes,
    /** Whoever sends asks for the one that is there now. */
    public api: ProcessUnderTest,
    private daemon: ProcessUnderTest,
  ) {}

  static async start(processes: Processes): Promise<Fleet> {
    const [api, daemon] = await Promise.all([processes.start('api'), processes.start('daemon')]);
    const fleet = new Fleet(processes, api, daemon);
    await Promise.all([fleet.addWriter(), fleet.addWriter()]);
    return fleet;
  }

  async addWriter(): Promise<void> {
    this.writers.push(await this.processes.start('writer', { NODE_OPTIONS: `--import=${steppedClock}` }));
  }

  async killWriter(chance: Chance): Promise<void> {
    const victim = chance.pick(this.writers);
    await victim.kill();
    this.writers = this.writers.filter((writer) => writer !== victim);
    await this.addWriter();
  }

  /** A new one is reached where the one before was. */
  async killApi(): Promise<void> {
    await this.api.kill();
    this.api = await this.processes.start('api', { FLUOROSCOPE_HTTP_PORT: new URL(this.api.httpUrl).port });
  }

  async killDaemon(): Promise<void> {
    await this.daemon.kill();
    this.daemon = await this.processes.start('daemon');
  }

  async pauseWriter(chance: Chance, pauseMs: number): Promise<void> {
    const { child } = chance.pick(this.writers);
    child.kill('SIGSTOP');
    await sleep(pauseMs);
    child.kill('SIGCONT');
  }

  /** An hour ahead, an hour behind, and right again. */
  async stepClock(chance: Chance): Promise<void> {
    const { child } = chance.pick(this.writers);
    for (let step = 0; step < clockSteps; step++) {
      child.kill('SIGUSR2');
      await sleep(clockMs);
    }
  }

  /** As an SDK of AWS does: again and again until it is acknowledged. */
  async put(batch: readonly string[]): Promise<void> {
    let rest = [...batch];
    await untilDone(async () => {
      const answer = await this.api.post('/TraceSegments', { TraceSegmentDocuments: rest });
      if (answer.status !== 200) return false;
      const unprocessed = answer.body.UnprocessedTraceSegments as { Id?: string }[];
      rest = rest.filter((text) => unprocessed.some(({ Id }) => Id !== undefined && text.includes(Id)));
      return rest.length === 0;
    });
  }

  /** By UDP, which acknowledges nothing: what a daemon has not counted as appended is sent once more, as copies of what may be there. */
  async send(batch: readonly string[]): Promise<void> {
    await untilDone(async () => {
      const { daemon } = this;
      const before = await daemonCounts(daemon);
      if (before.inHand > 0) return false;
      await daemon.send(batch);
      const deadlineMs = performance.now() + appendMs;
      while (performance.now() < deadlineMs) {
        const { appended, inHand } = await daemonCounts(daemon);
        if (inHand === 0 && appended - before.appended >= batch.length) return true;
        await sleep(pollMs);
      }
      return false;
    });
  }
}

async function daemonCounts(daemon: ProcessUnderTest): Promise<{ appended: number; inHand: number }> {
  const metrics = await daemon.metrics();
  return { appended: fate(metrics, 'daemon_appended'), inHand: fate(metrics, 'daemon_in_hand') };
}

async function untilDone(attempt: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + patienceMs;
  while (!(await attempt().catch(() => false))) {
    if (performance.now() > deadlineMs) throw new Error('nobody has acknowledged it in time');
    await sleep(retryMs);
  }
}
