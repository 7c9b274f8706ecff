/** Whether a server of ClickHouse answers, for `/healthz`: asked every two seconds; the one that answered last is read from. */
import type { AnyServer } from '@fluoroscope/clickhouse/any-server';

const checkMs = 2_000;

export class StorageWatch {
  /** `ok`, or what is wrong. */
  state = 'ok';
  readonly #timer: NodeJS.Timeout;
  #isAsking = false;

  constructor(private readonly servers: AnyServer) {
    this.#timer = setInterval(() => void this.#check(), checkMs);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #check(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.state = (await this.servers.answers()) ? 'ok' : 'does not answer';
    this.#isAsking = false;
  }
}
