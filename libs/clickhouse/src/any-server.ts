/**
 * To read through any server of a cluster: each of them gives the same answers, so when the one that is asked does not answer, the
 * next takes its place, for whoever reads with `client`. What was asked of it meanwhile fails, and is asked again by whoever asked.
 */
import { type ClickHouseAddress, type ClickHouseClient, connectToAll } from './clickhouse.js';

const patienceMs = 1_500;

export class AnyServer {
  /** Always of the server that has its turn. */
  readonly client: ClickHouseClient;
  readonly #clients: ClickHouseClient[];

  /** The one that is named comes first. */
  constructor(address: ClickHouseAddress) {
    const others = (address.cluster?.shards ?? []).flat().filter((url) => url !== address.url);
    const first = connectToAll(address);
    this.#clients = [first, ...others.map((url) => connectToAll({ ...address, url }))];
    this.client = new Proxy(first, { get: (_, name) => this.#memberOf(this.#clients[0] ?? first, name) });
  }

  /** Whether one answers, which then has its turn. */
  async answers(): Promise<boolean> {
    for (const client of [...this.#clients]) {
      if (await isThere(client)) return true;
      this.#clients.push(...this.#clients.splice(0, 1));
    }
    return false;
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  #memberOf(client: ClickHouseClient, name: string | symbol): unknown {
    const member: unknown = Reflect.get(client, name);
    return typeof member === 'function' ? member.bind(client) : member;
  }
}

async function isThere(client: ClickHouseClient): Promise<boolean> {
  try {
    return (await client.ping({ select: false, abort_signal: AbortSignal.timeout(patienceMs) })).success;
  } catch {
    return false;
  }
}
