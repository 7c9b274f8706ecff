/** How the reader wants moments written: in the zone of this computer or in UTC. Remembered in this browser, for all pages. */
import { type ClockOptions, formatClock, formatMoment, formatRange, type Zone, zoneName } from '@fluoroscope/format/time';
import { remember, remembered } from './memory.js';

const storageKey = 'fluoroscope.zone';

class Clock {
  zone = $state.raw<Zone>(remembered(storageKey) === 'utc' ? 'utc' : 'local');

  use(zone: Zone): void {
    this.zone = zone;
    remember(storageKey, zone);
  }

  turn(): void {
    this.use(this.zone === 'utc' ? 'local' : 'utc');
  }

  /** `UTC`, or what the zone of this computer is called today. */
  get zoneName(): string {
    return zoneName(Date.now(), this.zone);
  }

  /** `14:03:22`. */
  time(epochMs: number, precision: ClockOptions['precision'] = 'second'): string {
    return formatClock(epochMs, { zone: this.zone, precision });
  }

  /** The time today, `Nov 20 14:03` on another day. */
  moment(epochMs: number, precision?: ClockOptions['precision']): string {
    return formatMoment(epochMs, { nowMs: Date.now(), zone: this.zone, ...(precision ? { precision } : {}) });
  }

  /** `14:00–14:30`; bounds in epoch seconds, as windows have them. */
  range({ from, to }: { from: number; to: number }): string {
    return formatRange({ fromMs: from * 1_000, toMs: to * 1_000 }, { nowMs: Date.now(), zone: this.zone });
  }
}

export const clock = new Clock();
