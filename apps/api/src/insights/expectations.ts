/** What is expected of nodes: read when it is asked for, kept for ten minutes, and read anew when an incident begins or ends. */
import type { FaultReader, Incident } from '@fluoroscope/clickhouse/fault-reader';
import type { NodeKey } from '@fluoroscope/contract/graph';
import { type Expectation, expectationSeconds, type Insight, leastHistorySeconds } from '@fluoroscope/contract/insights';
import { lastEventOf } from '@fluoroscope/xray/insights/incidents';
import { nodeId } from '@fluoroscope/xray/node-key';

const keptSeconds = 600;
/** What is going on now says nothing about what is expected. */
const gapSeconds = 600;
const leastRequests = 50;
/** Of the traces of a group there are no rows that are longer than slices: a day would be too many. */
const groupExpectationSeconds = 21_600;
/** Around an incident: its bounds are an estimate. */
const marginSeconds = 60;

export class Expectations {
  /** Nodes of which enough is known; of the others more may be known by the next look. */
  #known = new Map<string, Expectation>();
  #readAtSeconds = 0;
  #incidents = '';

  constructor(
    private readonly faults: FaultReader,
    private readonly groupId: string,
  ) {}

  /** By node, of these and maybe others. `toSeconds` is where the last slice ends; `insights` are those of the group, open or not. */
  async of(nodes: readonly NodeKey[], toSeconds: number, insights: readonly Insight[]): Promise<ReadonlyMap<string, Expectation>> {
    const incidents = incidentsOf(insights, toSeconds);
    this.#forgetOld(JSON.stringify(incidents), toSeconds);
    const unknown = nodes.filter((node) => !this.#known.has(nodeId(node)));
    if (unknown.length > 0) await this.#read(unknown, toSeconds, incidents);
    return this.#known;
  }

  #forgetOld(incidents: string, toSeconds: number): void {
    if (incidents === this.#incidents && toSeconds - this.#readAtSeconds < keptSeconds) return;
    this.#known.clear();
    this.#incidents = incidents;
    this.#readAtSeconds = toSeconds;
  }

  async #read(nodes: readonly NodeKey[], toSeconds: number, incidents: readonly Incident[]): Promise<void> {
    const seconds = this.groupId === '' ? expectationSeconds : groupExpectationSeconds;
    const range = { from: toSeconds - seconds, to: toSeconds - gapSeconds, groupId: this.groupId };
    const read = await this.faults.expectations(nodes, range, incidents);
    for (const [id, { requests, faults, firstSeconds }] of read)
      if (requests >= leastRequests && toSeconds - firstSeconds >= leastHistorySeconds) this.#known.set(id, { requests, faults });
  }
}

/** Those of the last day; what has become normal is what is expected. */
function incidentsOf(insights: readonly Insight[], toSeconds: number): Incident[] {
  return insights.flatMap((insight) => {
    const { what, startSeconds, endSeconds, services } = lastEventOf(insight);
    if (what === 'became normal' || (endSeconds ?? toSeconds) < toSeconds - expectationSeconds) return [];
    const [from, to] = [startSeconds - marginSeconds, endSeconds === null ? farSeconds : endSeconds + marginSeconds];
    return services.map(({ node }) => ({ node, from, to }));
  });
}

/** 2100-01-01: storage keeps no time behind it. */
const farSeconds = 4_102_444_800;
