/** The audit trail for the dashboard: a page of what fits a filter, and one event by its ID; and which calls were refused. Read from memory. */
import { type AuditEvent, type AuditPage, auditResults, maxAuditPage, type Refusals } from '@fluoroscope/contract/audit';
import { Controller, Get, Header, Inject, Param, Query as QueryOf } from '@nestjs/common';
import type { Gate } from '../access/gate.js';
import { noRefusals } from '../access/refusals.js';
import type { ControlSource } from '../dashboard/control-source.js';
import { DashboardError } from '../dashboard/errors.js';
import { integerOf, listOf, numberOf, type Query, textOf } from '../dashboard/query.js';
import { accessGate, controlSource } from '../tokens.js';

const defaultLimit = 100;
const maxTextLength = 256;
/** 2100-01-01, in milliseconds. */
const latestMs = 4_102_444_800_000;

@Controller('api/audit')
export class AuditController {
  constructor(
    @Inject(controlSource) private readonly control: ControlSource,
    @Inject(accessGate) private readonly gate: Gate | null,
  ) {}

  @Get()
  @Header('cache-control', 'no-store')
  page(@QueryOf() query: Query): AuditPage {
    const { audit } = this.control.state;
    const limit = integerOf(query, 'limit', { min: 1, max: maxAuditPage }) ?? defaultLimit;
    const before = integerOf(query, 'before', { max: Number.MAX_SAFE_INTEGER }) ?? Number.POSITIVE_INFINITY;
    const isWanted = filterOf(query);
    const wanted = [...audit.newest()].filter(isWanted);
    const rest = wanted.filter(({ position }) => position < before);
    const events = rest.slice(0, limit);
    const isLast = events.length === rest.length;
    return { events, before: isLast ? null : (events.at(-1)?.position ?? null), total: wanted.length, kept: audit.kept() };
  }

  @Get('refusals')
  @Header('cache-control', 'no-store')
  refusals(): Refusals {
    return this.gate?.refusals.all() ?? noRefusals;
  }

  @Get(':id')
  @Header('cache-control', 'no-store')
  event(@Param('id') id: string): AuditEvent {
    const event = this.control.state.audit.find(id);
    if (event === null) throw new DashboardError('unknown_event', 'There is no such event in the audit trail, or it is too old to be kept');
    return event;
  }
}

/** Every parameter that is given must fit. */
function filterOf(query: Query): (event: AuditEvent) => boolean {
  const [action, actor] = [textOf(query, 'action', maxTextLength), textOf(query, 'actor', maxTextLength)];
  const results = listOf(query, 'result', auditResults);
  const words = (textOf(query, 'text', maxTextLength) ?? '').toLowerCase();
  const [fromMs = 0, toMs = latestMs] = ['from', 'to'].map((name) => secondsOf(query, name));
  return (event) =>
    (action === undefined || event.action === action) &&
    (actor === undefined || event.actor === actor) &&
    (results.length === 0 || results.includes(event.refused === null ? 'done' : 'refused')) &&
    event.at >= fromMs &&
    event.at < toMs &&
    textFor(event).includes(words);
}

function secondsOf(query: Query, name: string): number | undefined {
  const seconds = numberOf(query, name, { max: latestMs / 1000 });
  return seconds === undefined ? undefined : seconds * 1000;
}

/** What a person would look for. */
function textFor({ id, actor, keyId, address, action, resource, requestId }: AuditEvent): string {
  return [id, actor, keyId, address, action, resource.type, resource.name, requestId].join('\n').toLowerCase();
}
