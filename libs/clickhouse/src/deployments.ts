/** First sights of versions, runtimes and images: written by the writer with its batches, read by the api. */
import { type Deployment, type DeploymentKind, maxDeployments } from '@fluoroscope/contract/deployments';
import { type ClickHouseClient, rowsOf, whatAnswers } from './clickhouse.js';

export type FirstSight = Omit<Deployment, 'previous'>;

export interface DeploymentReader {
  /** Of [from, to) epoch seconds, oldest first; the newest when they are more than one answer may have. */
  between(from: number, to: number): Promise<{ deployments: Deployment[]; isCut: boolean }>;
}

type KnownRow = [name: string, type: string, accountId: string, kind: DeploymentKind, value: string, micros: number];
type Row = [name: string, type: string, accountId: string, kind: DeploymentKind, value: string, previous: string, micros: number];

export class StoredDeployments implements DeploymentReader {
  constructor(private readonly client: ClickHouseClient) {}

  async between(from: number, to: number): Promise<{ deployments: Deployment[]; isCut: boolean }> {
    const params = { from: Math.ceil(from * 1e6), to: Math.ceil(to * 1e6), limit: maxDeployments + 1 };
    const rows = await rowsOf<Row>(this.client, 'deployments', params);
    const deployments = rows.slice(0, maxDeployments).reverse().map(deploymentOf);
    return { deployments, isCut: rows.length > maxDeployments };
  }

  /** The newest of all; what is known on a shard that is away only will be seen once more. */
  async known(limit: number): Promise<FirstSight[]> {
    const rows = await rowsOf<KnownRow>(this.client, 'known-deployments', { limit }, whatAnswers);
    return rows.map(([name, type, accountId, kind, value, atMicros]) => ({ node: { name, type, accountId }, kind, value, atMicros }));
  }

  /** Writing one again, or an earlier sight of it, is safe in any order. */
  async write(sights: readonly FirstSight[]): Promise<void> {
    if (sights.length === 0) return;
    const values = sights.map(({ node, kind, value, atMicros }) => {
      return { name: node.name, type: node.type, account_id: node.accountId, kind, value, start_micros: atMicros };
    });
    await this.client.insert({ table: 'deployments', values, format: 'JSONEachRow' });
  }
}

function deploymentOf([name, type, accountId, kind, value, previous, atMicros]: Row): Deployment {
  return { node: { name, type, accountId }, kind, value, previous: previous === '' ? null : previous, atMicros };
}
