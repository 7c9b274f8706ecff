/** The audit trail: what was changed, by whom and from where, as the fold of the control log tells it. `GET /api/audit`. */

export interface AuditEvent {
  /** Of the control record. */
  id: string;
  /** Of the control record: grows from event to event. */
  position: number;
  /** Epoch milliseconds, by the clock of the process that took the change. */
  at: number;
  /** The key's name or ID; `anonymous` where nobody has to sign. */
  actor: string;
  keyId: string | null;
  /** Of the machine that asked. */
  address: string | null;
  /** Its `User-Agent`. */
  client: string | null;
  requestId: string | null;
  /** AWS's name of the operation; ours for what AWS does not have. */
  action: string;
  resource: AuditedResource;
  /** Why nothing was changed; null when it was. */
  refused: string | null;
  /** What it was about, whole; null where there was none. */
  before: unknown;
  after: unknown;
}

export interface AuditedResource {
  /** In the form of CloudFormation's types. */
  type: string;
  name: string;
}

export const auditResults = ['done', 'refused'] as const;
export type AuditResult = (typeof auditResults)[number];

/** `GET /api/audit`: newest first. */
export interface AuditPage {
  events: AuditEvent[];
  /** To be given as `before`; null on the last page. */
  before: number | null;
  /** That the filter lets through, on all pages. */
  total: number;
  /** Of all that are kept, whatever the filter. */
  kept: AuditKept;
}

export interface AuditKept {
  events: number;
  /** That were let go to keep the bound. */
  forgotten: number;
  /** Of the oldest, epoch milliseconds; null without one. */
  sinceMs: number | null;
  /** Distinct ones, in order of the alphabet. */
  actions: string[];
  actors: string[];
}

/** Calls that were let in by nobody: of one key and for one reason, or, where no key of ours was named, from one address. */
export interface Refusal {
  /** Null where none of ours was named; who was refused for a signature has only named it. */
  keyId: string | null;
  /** AWS's code: `AccessDeniedException`, `InvalidSignatureException`, `ThrottledException`, … */
  code: string;
  count: number;
  /** Epoch milliseconds. */
  firstMs: number;
  lastMs: number;
  /** Of the last one. */
  address: string;
  action: string;
}

/** `GET /api/audit/refusals`, and the room `audit`: the last one first. Counted by the process that answers, since its start. */
export interface Refusals {
  /** Null where nobody has to sign: then nothing is refused. */
  sinceMs: number | null;
  refusals: Refusal[];
  /** Calls whose lines were let go to keep the bound. */
  forgotten: number;
}

/** Lines of refusals: of keys, and of addresses. An address cannot push out a key. */
export const maxRefusalsOfKeys = 500;
export const maxRefusalsOfAddresses = 100;

/** The oldest go first. The log itself keeps its newest 32 MB. */
export const maxAuditEvents = 10_000;
export const maxAuditBytes = 8 * 1024 * 1024;
/** Of one page of the dashboard. */
export const maxAuditPage = 500;
