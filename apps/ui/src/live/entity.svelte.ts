/**
 * One node or edge of the live map. Geometry (rings, widths) is replaced at the pace of the stream, figures that are
 * written as text twice a second; components depend on the one field that they draw.
 */
import { clientType, type EdgeType, type NodeKey } from '@fluoroscope/contract/graph';
import { visibleText } from '@fluoroscope/format/text';
import type { Rates } from '@fluoroscope/xray/graph-window';
import { edgeId, nodeId } from '@fluoroscope/xray/node-key';
import { emptyStatistics } from '@fluoroscope/xray/service-graph';
import type { WindowTotals } from '@fluoroscope/xray/window-totals';
import type { Outcomes } from '../map/ring.js';
import { edgeAddress, nodeAddress } from './address.js';
import { type Figures, figuresOf, noOutcomes, sumRates } from './statistics.js';

export interface Geometry {
  outcomes: Outcomes;
  inProgress: number;
  ratePerSecond: number;
}

const noGeometry: Geometry = { outcomes: noOutcomes, inProgress: 0, ratePerSecond: 0 };
export const noRates: Rates = { ok: 0, error: 0, throttle: 0, fault: 0 };
const noFigures = figuresOf(emptyStatistics(), noRates);

export class LiveEntity {
  geometry = $state.raw<Geometry>(noGeometry);
  figures = $state.raw<Figures>(noFigures);
  /** By estimate each recorded request stands for so many; null where nothing is known of those that were not recorded. */
  weight = $state.raw<number | null>(null);
  /** About when the last request was counted, epoch milliseconds; null while one is in the window, or when none is known. */
  lastSeenMs = $state.raw<number | null>(null);
  #seenBeforeMs: number | null = null;

  constructor(
    /** In addresses and as key of lists. */
    readonly id: string,
    /** In the window. */
    readonly windowId: string,
  ) {}

  /** Totals undefined: not in the window any more; `leftMs` is when its last request was, if that is known. */
  updateGeometry(totals: WindowTotals | undefined, rates: Rates, leftMs: number | null): void {
    if (!totals) {
      if (this.geometry !== noGeometry) this.lastSeenMs = leftMs;
      this.geometry = noGeometry;
      return;
    }
    this.#seenBeforeMs = this.lastSeenMs ?? this.#seenBeforeMs;
    this.lastSeenMs = null;
    const { ok, error, throttle, fault, inProgress } = totals.statistics;
    this.geometry = { outcomes: { ok, error, throttle, fault }, inProgress, ratePerSecond: sumRates(rates) };
  }

  /** What was counted never was: it is as quiet as before; false when nothing is known of a before. */
  takeBack(): boolean {
    this.geometry = noGeometry;
    this.lastSeenMs ??= this.#seenBeforeMs;
    return this.lastSeenMs !== null;
  }

  updateFigures(totals: WindowTotals | undefined, rates: Rates): void {
    this.figures = totals ? figuresOf(totals.statistics, rates) : noFigures;
  }

  /** A client has no statistics of its own: it shows what its edge shows. */
  mirror({ geometry, figures, weight }: LiveEntity): void {
    this.weight = weight;
    this.geometry = geometry;
    this.figures = figures;
  }

  /** Nothing in the window. */
  get quiet(): boolean {
    return this.figures.total === 0 && this.figures.inProgress === 0;
  }
}

export class LiveNode extends LiveEntity {
  root = $state.raw(false);
  /** Known only from its callers. */
  inferred = $state.raw(false);
  /** Stands for the callers from outside of one root. */
  readonly isClient: boolean;
  readonly label: string;

  constructor(readonly key: NodeKey) {
    super(nodeAddress(key), nodeId(key));
    this.isClient = key.type === clientType;
    this.label = this.isClient ? `Clients of ${visibleText(key.name)}` : visibleText(key.name);
  }
}

export class LiveEdge extends LiveEntity {
  readonly label: string;

  constructor(
    readonly caller: LiveNode,
    readonly callee: LiveNode,
    /** Messages instead of calls. */
    readonly type?: EdgeType,
  ) {
    super(edgeAddress(caller.id, callee.id, type), edgeId(caller.key, callee.key, type));
    this.label = `${type === undefined ? '' : 'Messages from '}${caller.label} to ${callee.label}`;
  }
}
