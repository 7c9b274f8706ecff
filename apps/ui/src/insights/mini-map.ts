/** The services of an insight and who leads to them, as a small map: places, how many of their requests failed, and their calls. */
import { clientType, type NodeKey } from '@fluoroscope/contract/graph';
import type { InsightDetailAnswer } from '@fluoroscope/contract/insights';
import { nodeId } from '@fluoroscope/xray/node-key';
import { rankPitch, slotPitch } from '../map/geometry.js';
import { layOut } from '../map/layout.js';
import { lastEventOf } from './words.js';

export const miniWidth = 148;
export const miniHeight = 40;
const columnPitch = miniWidth + 36;
const rowPitch = miniHeight + 16;

export interface MiniNode {
  id: string;
  key: NodeKey;
  x: number;
  y: number;
  isClient: boolean;
  isRootCause: boolean;
  /** While it lasted; null where nobody counts them here. */
  counts: { requests: number; faults: number } | null;
}

export interface MiniCall {
  id: string;
  from: MiniNode;
  to: MiniNode;
  requests: number;
  faults: number;
}

export interface MiniMap {
  nodes: MiniNode[];
  calls: MiniCall[];
  width: number;
  height: number;
}

/** `calls` has every caller of the services, and whoever leads to the root cause. */
export function miniMapOf({ insight, courses, calls, to, periodSeconds }: InsightDetailAnswer): MiniMap {
  const { rootCause, services, startSeconds, endSeconds } = lastEventOf(insight);
  const keys = new Map(
    [...services.map(({ node }) => node), ...calls.flatMap(({ caller, callee }) => [caller, callee])].map((key) => [nodeId(key), key]),
  );
  const edges = calls.map(({ caller, callee }) => [nodeId(caller), nodeId(callee)] as const);
  const places = new Map(layOut({ nodes: [...keys.keys()], edges }));
  const during = { from: startSeconds - periodSeconds, to: endSeconds ?? to };
  const counts = new Map(courses.map(({ node, points }) => [nodeId(node), countsIn(points, during)]));
  const nodes = [...keys].map(([id, key]): MiniNode => {
    const { x, y } = places.get(id) ?? { x: 0, y: 0 };
    const place = { x: Math.round(x / rankPitch) * columnPitch, y: (y / slotPitch) * rowPitch };
    return { id, key, ...place, isClient: key.type === clientType, isRootCause: id === nodeId(rootCause), counts: counts.get(id) ?? null };
  });
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const shown = calls.flatMap(({ caller, callee, requests, faults }): MiniCall[] => {
    const [from, into] = [byId.get(nodeId(caller)), byId.get(nodeId(callee))];
    return from && into && from !== into ? [{ id: `${from.id} ${into.id}`, from, to: into, requests, faults }] : [];
  });
  return {
    nodes,
    calls: shown,
    width: Math.max(...nodes.map(({ x }) => x)) + miniWidth,
    height: Math.max(...nodes.map(({ y }) => y)) + miniHeight,
  };
}

/** Of the periods that begin between. */
function countsIn(points: InsightDetailAnswer['clients'], { from, to }: { from: number; to: number }): MiniNode['counts'] {
  const within = points.filter(([start]) => start > from && start < to);
  return {
    requests: within.reduce((sum, [, requests]) => sum + requests, 0),
    faults: within.reduce((sum, [, , faults]) => sum + faults, 0),
  };
}

/** From the right side of the one to the left of the other. */
export function pathOf({ from, to }: MiniCall): string {
  const [x1, y1] = [from.x + miniWidth, from.y + miniHeight / 2];
  const [x2, y2] = [to.x - 5, to.y + miniHeight / 2];
  const bend = Math.max(16, Math.abs(x2 - x1) / 2);
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}
