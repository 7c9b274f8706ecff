/** What a link between traces says. */
import type { LinkedTrace } from '@fluoroscope/contract/traces';
import { formatDuration } from '@fluoroscope/format/format';
import { visibleText } from '@fluoroscope/format/text';
import { shortText } from '../map/names.js';

export interface LinkText {
  /** Who is at the other end. */
  name: string;
  /** The queue, topic or stream between the two; '' when none is known. */
  through: string;
  /** How long the message was on its way, seen from this end; '' while one end is not stored. */
  age: string;
}

/** Which way links lead: to what came before, or to what came later. */
export type LinkWay = 'before' | 'later';

export function linkText({ other, traceId, ageMicros }: LinkedTrace, way: LinkWay): LinkText {
  return {
    name: visibleText(other === null ? traceId : (other.service?.name ?? other.name)),
    through: shortText(visibleText(other?.through?.name ?? '')),
    age: ageMicros === null ? '' : `${formatDuration(ageMicros)} ${way}`,
  };
}
