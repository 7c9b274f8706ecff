/**
 * Where a node goes that appears on a map which is already drawn: the free slot of its rank nearest to its neighbours.
 * Nobody else moves, and no two cards overlap.
 */
import { boundsOf, nodeGap, nodeHeight, nodeWidth, type Places, type Point, rankPitch, slotPitch } from './geometry.js';
import type { Topology } from './layout.js';

/** Half a slot at a time, up and down in turns. */
const searchStep = slotPitch / 2;

/** The places of all nodes of the topology: known ones as they were, new ones in free slots. */
export function placeNew(topology: Topology, known: Places): Map<string, Point> {
  const places = new Map<string, Point>();
  for (const [id, place] of known) places.set(id, place);
  let waiting = topology.nodes.filter((id) => !places.has(id)).sort();
  while (waiting.length > 0) {
    const next = waiting.find((id) => neighbours(topology, id, places).length > 0) ?? waiting[0];
    if (next === undefined) break;
    places.set(next, freeSlot(wantedPlace(topology, next, places), places));
    waiting = waiting.filter((id) => id !== next);
  }
  return places;
}

/** Those that stand stay; the others keep their own place where it is free, and take the nearest where it is not. */
export function placeAround(standing: Places, others: Places): Map<string, Point> {
  const places = new Map<string, Point>(standing);
  for (const [id, place] of others) if (!places.has(id)) places.set(id, nearestFree(place, places));
  return places;
}

/** The place itself when no card lies there, else the nearest free one above or below. */
export function nearestFree(place: Point, places: Places): Point {
  return overlapsNone(place, places) ? place : freeSlot(place, places);
}

/** Cards may come closer when a person puts them there than when they are placed. */
const leastGap = 8;

function overlapsNone(place: Point, places: Places): boolean {
  for (const other of places.values()) {
    if (Math.abs(other.x - place.x) < nodeWidth + leastGap && Math.abs(other.y - place.y) < nodeHeight + leastGap) return false;
  }
  return true;
}

interface Neighbour {
  place: Point;
  calls: boolean;
}

/** Placed neighbours; `calls` when the neighbour is the caller. */
function neighbours({ edges }: Topology, id: string, places: Places): Neighbour[] {
  const found: Neighbour[] = [];
  for (const [caller, callee] of edges) {
    if (caller === callee || (caller !== id && callee !== id)) continue;
    const place = places.get(caller === id ? callee : caller);
    if (place) found.push({ place, calls: callee === id });
  }
  return found;
}

function wantedPlace(topology: Topology, id: string, places: Places): Point {
  const near = neighbours(topology, id, places);
  const bounds = boundsOf(places);
  if (near.length === 0 && places.size === 0) return { x: 0, y: 0 };
  if (near.length === 0) {
    // Its callers come with it: they get the first rank, or every new pair would stand further out.
    const isCalled = topology.edges.some(([caller, callee]) => callee === id && caller !== id);
    return { x: isCalled ? bounds.left + rankPitch : bounds.left, y: bounds.bottom + nodeGap };
  }
  const y = near.reduce((sum, { place }) => sum + place.y, 0) / near.length;
  const callers = near.filter(({ calls }) => calls);
  const x =
    callers.length > 0
      ? Math.max(...callers.map(({ place }) => place.x)) + rankPitch
      : Math.min(...near.map(({ place }) => place.x)) - rankPitch;
  return { x, y: Math.round(y) };
}

function freeSlot(wanted: Point, places: Places): Point {
  for (let step = 0; ; step++) {
    const distance = Math.ceil(step / 2) * searchStep;
    const place = { x: wanted.x, y: wanted.y + (step % 2 === 0 ? distance : -distance) };
    if (isFree(place, places)) return place;
  }
}

function isFree(place: Point, places: Places): boolean {
  for (const other of places.values()) {
    const apart = Math.abs(other.x - place.x) >= nodeWidth + nodeGap || Math.abs(other.y - place.y) >= nodeHeight + nodeGap / 2;
    if (!apart) return false;
  }
  return true;
}
