import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeHeight, nodeWidth, type Point } from './geometry.js';
import { layOut, type Topology, topologyKey } from './layout.js';
import { nearestFree, placeAround, placeNew } from './slots.js';

const topologies = fc.integer({ min: 1, max: 14 }).chain((size) => {
  const nodes = Array.from({ length: size }, (_, index) => `service-${index}`);
  const end = fc.constantFrom(...nodes);
  return fc.record({ nodes: fc.constant(nodes), edges: fc.uniqueArray(fc.tuple(end, end), { maxLength: 24, selector: String }) });
});

function overlaps(a: Point, b: Point): boolean {
  return Math.abs(a.x - b.x) < nodeWidth && Math.abs(a.y - b.y) < nodeHeight;
}

function expectApart(places: ReadonlyMap<string, Point>): void {
  const all = [...places.values()];
  all.forEach((a, index) => {
    for (const b of all.slice(index + 1)) expect(overlaps(a, b)).toBe(false);
  });
}

describe('slots', () => {
  it('puts a new node where it covers nobody, and moves nobody', () => {
    fc.assert(
      fc.property(topologies, fc.integer({ min: 0, max: 13 }), (topology, keep) => {
        const drawn: Topology = {
          nodes: topology.nodes.slice(0, keep),
          edges: topology.edges.filter((edge) => edge.every((id) => topology.nodes.indexOf(id) < keep)),
        };
        const before = new Map(layOut(drawn));
        const after = placeNew(topology, before);
        for (const [id, place] of before) expect(after.get(id)).toEqual(place);
        expect([...after.keys()].sort()).toEqual([...topology.nodes].sort());
        expectApart(after);
      }),
      { numRuns: 60 },
    );
  });

  it('puts a pair that is new to the map under it, not further out', () => {
    const places = placeNew({ nodes: ['a', 'new', 'z-client'], edges: [['z-client', 'new']] }, new Map([['a', { x: 0, y: 0 }]]));
    expect(places.get('z-client')?.x).toBe(0);
    expect(places.get('new')?.x).toBeGreaterThan(nodeWidth);
  });

  it('puts a callee one rank to the right of its caller', () => {
    const places = placeNew({ nodes: ['a', 'b'], edges: [['a', 'b']] }, new Map([['a', { x: 0, y: 40 }]]));
    expect(places.get('b')?.x).toBeGreaterThan(nodeWidth);
    expect(places.get('b')?.y).toBe(40);
  });
});

describe('a card that is moved', () => {
  const points = fc.record({ x: fc.integer({ min: -600, max: 600 }), y: fc.integer({ min: -600, max: 600 }) });

  it('lies on no other, wherever it is dropped', () => {
    fc.assert(
      fc.property(topologies, points, (topology, wanted) => {
        const places = new Map(layOut(topology));
        expectApart(new Map([...places, ['moved', nearestFree(wanted, places)]]));
      }),
      { numRuns: 60 },
    );
  });

  it('stays where it was put when that is free', () => {
    expect(nearestFree({ x: 7, y: 3 }, new Map([['a', { x: 400, y: 0 }]]))).toEqual({ x: 7, y: 3 });
  });

  it('stays while the others are laid out around it', () => {
    fc.assert(
      fc.property(topologies, points, (topology, pinned) => {
        const places = placeAround(new Map([['service-0', pinned]]), new Map(layOut(topology)));
        expect(places.get('service-0')).toEqual(pinned);
        expectApart(places);
      }),
      { numRuns: 60 },
    );
  });
});

describe('layout', () => {
  it('gives the same places whatever order nodes and edges come in', () => {
    fc.assert(
      fc.property(topologies, (topology) => {
        const turned = { nodes: [...topology.nodes].reverse(), edges: [...topology.edges].reverse() };
        expect(topologyKey(turned)).toBe(topologyKey(topology));
        expect(new Map(layOut(turned))).toEqual(new Map(layOut(topology)));
      }),
      { numRuns: 40 },
    );
  });

  it('overlaps no two cards', () => {
    fc.assert(
      fc.property(topologies, (topology) => expectApart(new Map(layOut(topology)))),
      { numRuns: 40 },
    );
  });
});
