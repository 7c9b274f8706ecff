/** What the writers of this process do together, by the server on which they store. */
import { type ClickHouseAddress, type ClickHouseClient, connect } from '@fluoroscope/clickhouse/clickhouse';
import { type SharedWork, workTogether } from './shared-work.js';

export class ServerWorks {
  /** By the address of the server. */
  readonly #works = new Map<string, { client: ClickHouseClient; work: SharedWork }>();

  on(address: ClickHouseAddress): SharedWork {
    const known = this.#works.get(address.url);
    if (known !== undefined) return known.work;
    const client = connect(address);
    const work = workTogether(client);
    this.#works.set(address.url, { client, work });
    return work;
  }

  /** When nobody stores anything any more. */
  async close(): Promise<void> {
    for (const { client } of this.#works.values()) await client.close();
  }
}
