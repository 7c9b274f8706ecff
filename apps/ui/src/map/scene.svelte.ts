/**
 * What stands on the map: all nodes, the neighbourhood of one, or groups of nodes with the sums of their members. Made
 * again only when the topology or the user's choice changes; numbers flow through what is made.
 */

import type { EdgeType, NodeKey } from '@fluoroscope/contract/graph';
import type { Rates } from '@fluoroscope/xray/graph-window';
import { addHistogram } from '@fluoroscope/xray/histogram';
import type { Geometry, LiveEdge, LiveEntity, LiveNode } from '../live/entity.svelte.js';
import { type Figures, percentilesOf } from '../live/statistics.js';
import { type GroupBy, gather, groupId, groupNames } from './grouping.js';
import { neighbourhood } from './neighbourhood.js';
import type { Outcomes } from './ring.js';

/** What is drawn of a node: a live node has it, and so has a group. */
export interface MapNode {
  readonly id: string;
  readonly label: string;
  readonly key: NodeKey;
  readonly isClient: boolean;
  readonly geometry: Geometry;
  readonly figures: Figures;
  /** See LiveEntity. */
  readonly weight: number | null;
  /** When the last request was counted, epoch milliseconds; null when one is in the window, or none is known. */
  readonly lastSeenMs: number | null;
}

export interface MapEdge {
  readonly id: string;
  readonly label: string;
  /** Messages instead of calls. */
  readonly type?: EdgeType | undefined;
  readonly caller: MapNode;
  readonly callee: MapNode;
  readonly geometry: Geometry;
  readonly figures: Figures;
  readonly weight: number | null;
}

class Sum {
  geometry: Geometry = $derived.by(() => sumGeometry(this.parts));
  figures: Figures = $derived.by(() => sumFigures(this.parts));
  weight: number | null = $derived.by(() => meanWeight(this.parts));

  constructor(readonly parts: readonly LiveEntity[]) {}
}

export class GroupNode extends Sum implements MapNode {
  readonly key: NodeKey;
  readonly isClient = false;
  readonly lastSeenMs = null;

  constructor(
    readonly id: string,
    readonly label: string,
    readonly members: readonly LiveNode[],
  ) {
    super(members);
    const types = new Set(members.map(({ key }) => key.type));
    this.key = { name: label, type: types.size === 1 ? (members[0]?.key.type ?? '') : '', accountId: '' };
  }
}

/** By their rates; a part of which nothing is known stands for itself. */
export function meanWeight(parts: readonly Pick<LiveEntity, 'figures' | 'weight'>[]): number | null {
  if (parts.every(({ weight }) => weight === null)) return null;
  const observed = parts.reduce((sum, { figures }) => sum + figures.ratePerSecond, 0);
  const stands = parts.reduce((sum, { figures, weight }) => sum + figures.ratePerSecond * (weight ?? 1), 0);
  return observed === 0 ? null : stands / observed;
}

/** The card that stands for a node: itself, or its group. */
export function cardOf({ nodes }: Scene, id: string): MapNode | undefined {
  return nodes.find((node) => node.id === id || (node instanceof GroupNode && node.members.some((member) => member.id === id)));
}

/** The line that stands for a call: itself, or all calls between two groups. */
export function lineOf({ edges }: Scene, id: string): MapEdge | undefined {
  return edges.find((edge) => edge.id === id || (edge instanceof GroupEdge && edge.members.some((member) => member.id === id)));
}

/** All calls, or all messages, from one card to another. */
export class GroupEdge extends Sum implements MapEdge {
  readonly id: string;
  readonly label: string;
  readonly type: EdgeType | undefined;

  constructor(
    readonly caller: MapNode,
    readonly callee: MapNode,
    readonly members: readonly LiveEdge[],
  ) {
    super(members);
    this.type = members[0]?.type;
    this.id = `${caller.id} ${this.type === undefined ? '>' : '>>'} ${callee.id}`;
    this.label = `${this.type === undefined ? '' : 'Messages from '}${caller.label} to ${callee.label}`;
  }
}

export interface Scene {
  nodes: readonly MapNode[];
  edges: readonly MapEdge[];
}

export interface SceneChoice {
  by: GroupBy;
  /** Groups whose members stand on the map, by id. */
  opened: ReadonlySet<string>;
  focus: { id: string; hops: number } | null;
}

export function sceneOf(graph: { nodes: readonly LiveNode[]; edges: readonly LiveEdge[] }, { by, opened, focus }: SceneChoice): Scene {
  if (focus) return around(graph, focus);
  const names = groupNames(graph.nodes, by);
  for (const [id, name] of names) if (opened.has(groupId(by, name))) names.delete(id);
  return names.size === 0 ? graph : grouped(graph, names, by);
}

function around(
  { nodes, edges }: { nodes: readonly LiveNode[]; edges: readonly LiveEdge[] },
  { id, hops }: { id: string; hops: number },
): Scene {
  const near = neighbourhood(edges, id, hops);
  return {
    nodes: nodes.filter((node) => near.has(node.id)),
    edges: edges.filter(({ caller, callee }) => near.has(caller.id) && near.has(callee.id)),
  };
}

function grouped(
  graph: { nodes: readonly LiveNode[]; edges: readonly LiveEdge[] },
  names: ReadonlyMap<string, string>,
  by: GroupBy,
): Scene {
  const cards = new Map<string, MapNode>();
  const members = gather(graph.nodes, ({ id }) => names.get(id));
  for (const [name, nodes] of members) {
    if (name === undefined) for (const node of nodes) cards.set(node.id, node);
    else {
      const group = new GroupNode(groupId(by, name), name, nodes);
      for (const { id } of nodes) cards.set(id, group);
    }
  }
  return { nodes: [...new Set(cards.values())], edges: joined(graph.edges, cards) };
}

/** Calls within a group are not drawn. A call between two nodes that stand alone stays itself. */
function joined(edges: readonly LiveEdge[], cards: ReadonlyMap<string, MapNode>): MapEdge[] {
  const pairs = gather(edges, ({ caller, callee, type }) => `${cards.get(caller.id)?.id} ${cards.get(callee.id)?.id} ${type}`);
  return [...pairs.values()].flatMap((members): readonly MapEdge[] => {
    const [first] = members;
    const caller = first && cards.get(first.caller.id);
    const callee = first && cards.get(first.callee.id);
    if (!caller || !callee || (caller === callee && caller instanceof GroupNode)) return [];
    return caller instanceof GroupNode || callee instanceof GroupNode ? [new GroupEdge(caller, callee, members)] : members;
  });
}

function sumGeometry(parts: readonly LiveEntity[]): Geometry {
  const sum = { outcomes: { ok: 0, error: 0, throttle: 0, fault: 0 }, inProgress: 0, ratePerSecond: 0 };
  for (const { geometry } of parts) {
    add(sum.outcomes, geometry.outcomes);
    sum.inProgress += geometry.inProgress;
    sum.ratePerSecond += geometry.ratePerSecond;
  }
  return sum;
}

function add(sum: Rates, more: Outcomes | Rates): void {
  sum.ok += more.ok;
  sum.error += more.error;
  sum.throttle += more.throttle;
  sum.fault += more.fault;
}

function sumFigures(parts: readonly LiveEntity[]): Figures {
  const outcomes = { ok: 0, error: 0, throttle: 0, fault: 0 };
  const rates = { ok: 0, error: 0, throttle: 0, fault: 0 };
  let [inProgress, total, ratePerSecond, micros] = [0, 0, 0, 0];
  let histogram: readonly number[] = [];
  for (const { figures } of parts) {
    add(outcomes, figures.outcomes);
    add(rates, figures.rates);
    inProgress += figures.inProgress;
    total += figures.total;
    ratePerSecond += figures.ratePerSecond;
    micros += (figures.averageMicros ?? 0) * figures.total;
    histogram = addHistogram(histogram, figures.histogram);
  }
  const averageMicros = total === 0 ? null : micros / total;
  return { outcomes, rates, inProgress, total, ratePerSecond, averageMicros, histogram, ...percentilesOf(histogram) };
}
