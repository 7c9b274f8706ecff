/**
 * The audit trail, as far as it is in memory: the newest events of the control log, each with what it was about before and
 * after. A record that was refused is an event too. Bounded in number and in bytes; the oldest go first, and are counted.
 */
import { type AuditEvent, type AuditKept, maxAuditBytes, maxAuditEvents } from '@fluoroscope/contract/audit';
import type { ControlRecord, Edited } from '@fluoroscope/contract/control';
import { type AuditedChange, auditedAction } from './audited-action.js';
import type { ControlOutcome } from './control-state.js';
import { isObject } from './json-values.js';

type Applied = Pick<ControlOutcome, 'refused' | 'before' | 'after'> & { record: ControlRecord & AuditedChange };

export class AuditTrail {
  /** Oldest first. */
  private events: AuditEvent[] = [];
  private sizes: number[] = [];
  private bytes = 0;
  private forgotten = 0;

  constructor(private readonly bounds = { events: maxAuditEvents, bytes: maxAuditBytes }) {}

  /** `position` is the record's. */
  add(applied: Applied, position: number): void {
    this.keep(eventOf(applied, position));
    while (this.events.length > this.bounds.events || this.bytes > this.bounds.bytes) this.forgetOldest();
  }

  /** Newest first; those before `before`, a position, when it is given. */
  *newest(before = Number.POSITIVE_INFINITY): Generator<AuditEvent> {
    for (let at = this.events.length - 1; at >= 0; at--) {
      const event = this.events[at];
      if (event !== undefined && event.position < before) yield event;
    }
  }

  find(id: string): AuditEvent | null {
    return this.events.find((event) => event.id === id) ?? null;
  }

  kept(): AuditKept {
    const distinct = (values: string[]) => [...new Set(values)].sort();
    return {
      events: this.events.length,
      forgotten: this.forgotten,
      sinceMs: this.events[0]?.at ?? null,
      actions: distinct(this.events.map(({ action }) => action)),
      actors: distinct(this.events.map(({ actor }) => actor)),
    };
  }

  snapshot(): unknown {
    return { forgotten: this.forgotten, events: this.events };
  }

  /** False, and nothing changed, when it is not a snapshot. */
  restore(snapshot: unknown): boolean {
    if (!isObject(snapshot) || typeof snapshot.forgotten !== 'number' || !Array.isArray(snapshot.events)) return false;
    if (!snapshot.events.every(isEvent)) return false;
    this.events = [];
    this.sizes = [];
    this.bytes = 0;
    this.forgotten = snapshot.forgotten;
    for (const event of snapshot.events) this.keep(event);
    return true;
  }

  private keep(event: AuditEvent): void {
    const size = JSON.stringify(event).length;
    this.events.push(event);
    this.sizes.push(size);
    this.bytes += size;
  }

  private forgetOldest(): void {
    this.events.shift();
    this.bytes -= this.sizes.shift() ?? 0;
    this.forgotten++;
  }
}

function eventOf({ record, refused, before, after }: Applied, position: number): AuditEvent {
  const { id, at, actor, keyId = null, address = null, client = null, requestId = null } = record;
  const who = { actor, keyId, address, client, requestId };
  const what = { ...auditedAction(record), refused: refused?.message ?? null };
  return { id, position, at, ...who, ...what, before: thingOf(before), after: thingOf(after) };
}

/** The one thing that a change is about, without the history that it carries. */
function thingOf(edited: Edited): unknown {
  const { places, samplingRule, group, encryption, indexingRule, destination, resourcePolicy } = edited;
  if (places !== undefined) return Object.fromEntries(places.map(({ node, x, y, pinned }) => [node, { x, y, pinned }]));
  if (samplingRule !== undefined) return { ...samplingRule.rule, tags: samplingRule.tags };
  if (group !== undefined) {
    const { name, filters, insights, tags } = group;
    return { name, expression: filters.at(-1)?.expression ?? '', insights, tags };
  }
  if (destination !== undefined) return { destination };
  return encryption ?? indexingRule ?? resourcePolicy ?? null;
}

function isEvent(value: unknown): value is AuditEvent {
  return isObject(value) && typeof value.id === 'string' && typeof value.position === 'number' && isObject(value.resource);
}
