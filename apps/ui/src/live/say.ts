/** Sentences for people and screen readers about nodes and edges; the same digits as on the map, table and panel. */
import { sayPercentile, sayRate, sayShare } from '@fluoroscope/format/format';
import { typeLabel } from '../map/glyphs.js';
import { type State, worstOf } from '../map/ring.js';
import type { LiveNode } from './entity.svelte.js';
import { type Figures, smallSample } from './statistics.js';

export const stateWords: Record<State, string> = { ok: 'Ok', error: 'Error', throttle: 'Throttle', fault: 'Fault' };
/** What the state is made of, for legends and tables. */
export const stateCodes: Record<State, string> = { ok: '2xx, 3xx', error: '4xx', throttle: '429', fault: '5xx' };
export const stateOrder: readonly State[] = ['ok', 'error', 'throttle', 'fault'];

/** A non-ok share below this is not worth a badge. */
const badgeShare = 0.01;

export interface Trouble {
  state: State;
  count: number;
  total: number;
}

/** The worst outcome, when all that is not ok together is 1 % or more. */
export function troubleOf({ outcomes, total }: Pick<Figures, 'outcomes' | 'total'>): Trouble | null {
  const state = worstOf(outcomes);
  if (state === null || total === 0 || total - outcomes.ok < total * badgeShare) return null;
  return { state, count: outcomes[state], total };
}

function sayTrouble(figures: Figures): string | null {
  const trouble = troubleOf(figures);
  if (!trouble) return null;
  const share = trouble.total < smallSample ? `${trouble.count} of ${trouble.total}` : sayShare(trouble.count, trouble.total);
  return `${share} ${trouble.state}`;
}

function sayFigures(figures: Figures): string[] {
  if (figures.total === 0) return ['no requests in this time range'];
  return [sayRate(figures.ratePerSecond), sayTrouble(figures), `p95 ${sayPercentile(figures.p95)}`].filter((part) => part !== null);
}

/** "checkout-api, Lambda, 4.2 requests per second, 3.1 percent fault, p95 182 milliseconds". */
export function sayNode(node: Pick<LiveNode, 'label' | 'key' | 'isClient' | 'figures'>): string {
  const type = node.key.type === '' || node.isClient ? [] : [typeLabel(node.key.type)];
  return [node.label, ...type, ...sayFigures(node.figures)].join(', ');
}
