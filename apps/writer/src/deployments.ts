/** First sights of versions, runtimes and images: what is known, what is to be stored with the next batch and to be told. */
import type { ClickHouseClient } from '@fluoroscope/clickhouse/clickhouse';
import { type FirstSight, StoredDeployments } from '@fluoroscope/clickhouse/deployments';
import type { Deployment } from '@fluoroscope/contract/deployments';
import type { SegmentDocument } from '@fluoroscope/contract/documents';
import { DeploymentBook, maxDeploymentValues } from '@fluoroscope/xray/deployments';
import { entityKinds, type FlattenedDocument } from '@fluoroscope/xray/entities';
import type { NodeTable } from './nodes.js';

export class DeploymentWatch {
  private readonly unstored = new Set<FirstSight>();
  private readonly untold = new Set<FirstSight>();
  private readonly stored: StoredDeployments;
  private readonly book = new DeploymentBook((sight) => {
    this.unstored.add(sight);
    this.untold.add(sight);
  });

  constructor(
    client: ClickHouseClient,
    private readonly nodes: NodeTable,
  ) {
    this.stored = new StoredDeployments(client);
  }

  /** Values that were not noted because there were too many. */
  get refused(): number {
    return this.book.refused;
  }

  /** What was seen on any shard is not new. */
  async load(everywhere: ClickHouseClient): Promise<void> {
    for (const sight of await new StoredDeployments(everywhere).known(maxDeploymentValues))
      this.book.load({ ...sight, node: this.nodes.intern(sight.node).key });
  }

  /** Behind the resolver, which interns the keys. */
  see({ entities: [top] }: FlattenedDocument, document: SegmentDocument): void {
    if (top?.kind === entityKinds.segment && top.node !== null && !top.inferred) this.book.see(top.node, document, top.startMicros);
  }

  /** What the batch that is taken now must store. */
  takeUnstored(): FirstSight[] {
    const sights = [...this.unstored];
    this.unstored.clear();
    return sights;
  }

  takeUntold(): Deployment[] {
    const deployments = [...this.untold].map((sight) => this.book.deploymentOf(sight));
    this.untold.clear();
    return deployments;
  }

  write(sights: readonly FirstSight[]): Promise<void> {
    return this.stored.write(sights);
  }
}
