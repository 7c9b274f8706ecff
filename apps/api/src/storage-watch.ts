/** Whether ClickHouse answers, for `/healthz`: asked every two seconds, and told as away when it has not for as long. */
import type { ClickHouseClient } from '@fluoroscope/clickhouse/clickhouse';

const checkMs = 2_000;

export class StorageWatch {
  /** `ok`, or what is wrong. */
  state = 'ok';
  readonly #timer: NodeJS.Timeout;
  #isAsking = false;

  constructor(private readonly client: ClickHouseClient) {
    this.#timer = setInterval(() => void this.#check(), checkMs);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #check(): Promise<void> {
    if (this.#isAsking) {
      this.state = 'does not answer';
      return;
    }
    this.#isAsking = true;
    const answer = await this.client.ping().catch((error: unknown) => ({ success: false, error }));
    this.#isAsking = false;
    this.state = answer.success ? 'ok' : 'does not answer';
  }
}
