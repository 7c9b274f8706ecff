/**
 * Who may do what, under `sigv4`: a request is let in when a key that we know has signed it, or when it comes from a browser
 * that signed in with one, and when the key's policy and its rate allow what it does. What is refused gets AWS's error.
 *
 * The body that a signature covers is that of the wire, so it is verified before anything parses it, and before it is unpacked
 * unless it is a form, which says only inside what it asks for.
 */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { payloadHashOf } from '@fluoroscope/runtime/sigv4';
import type { ApiTally } from '../counters.js';
import { cloudWatchCallOf } from '../protocol/cloudwatch-call.js';
import { AwsError } from '../protocol/errors.js';
import { type Proven, verify } from './authorization.js';
import { noteCaller } from './callers.js';
import type { AccessKey, KeyRing } from './key-ring.js';
import { type Action, actionOf } from './policies.js';
import { isPrivate } from './privacy.js';
import { RateLimits } from './rate-limits.js';
import { RefusalTally } from './refusals.js';
import { Replays } from './replays.js';
import { type Session, Sessions } from './sessions.js';

/** 50,000 segments a second, in full batches; more than one dashboard asks for. A key may have its own limit. */
const writesPerSecond = 1_000;
const othersPerSecond = 200;
/** Of one address, whoever is behind it: enough for people, nothing for who guesses. */
const signInRate = { perSecond: 0.5, burst: 5 };
/**
 * Many processes with one key send the same within one second, and of SDKs that sign no ID it has the same signature. To ask again
 * changes nothing. Metric data that are put again are the same write where the invocation ID is the same; where it is not signed, as by
 * boto3, who has captured a call can send it again under another one while its date is good, as with AWS. Such repeats are counted.
 */
const isRepeatable = ({ service, name }: Action) => service === 'monitoring' || name === 'xray:GetSamplingRules';

export interface GateOptions {
  keys: KeyRing;
  accountId: string;
  tally: ApiTally;
}

export class Gate {
  readonly sessions: Sessions;
  readonly refusals = new RefusalTally();
  readonly #options: GateOptions;
  readonly #replays = new Replays();
  /** Of metric data, to be counted only: apart, so that many of them make nothing that is refused be forgotten. */
  readonly #puts = new Replays();
  readonly #limits = new RateLimits();
  readonly #signIns = new RateLimits();

  constructor(options: GateOptions) {
    this.#options = options;
    this.sessions = new Sessions(options.keys);
  }

  /** Throws the AwsError of what is refused. */
  admit(request: IncomingMessage, body: Uint8Array): void {
    try {
      this.#admit(request, body);
    } catch (error) {
      this.#options.tally.refusedCallers++;
      if (error instanceof AwsError) this.#note(error.code, request);
      throw error;
    }
  }

  /** Of a live connection, at any later time: whether the key it came with could open it still. */
  holds(request: IncomingMessage): boolean {
    const { keys } = this.#options;
    const session = this.#sessionOf(request, Date.now());
    const key = session?.key ?? keys.get(keyIdOf(request));
    return key !== undefined && actionOfRequest(request).allowedBy.has(key.policy);
  }

  /** The key that a person has typed in; null when there is none, or its secret is another. Throws when it is tried too often. */
  keyFor({ id, secret }: { id: string; secret: string }, request: IncomingMessage): AccessKey | null {
    const address = request.socket.remoteAddress ?? '';
    if (!this.#signIns.take(address, signInRate, Date.now())) throw tooMany();
    const key = this.#options.keys.get(id);
    const [expected, given] = [key?.secret ?? '', secret].map((text) => Buffer.from(payloadHashOf(Buffer.from(text))));
    if (key !== undefined && expected && given && timingSafeEqual(expected, given)) return key;
    this.refusals.note({ keyId: key?.id ?? null, code: 'SignInFailed', address, action: 'sign in' }, Date.now());
    return null;
  }

  /** A session's key is proven; that of a header is only what it says. */
  #note(code: string, request: IncomingMessage): void {
    const nowMs = Date.now();
    const keyId = this.#sessionOf(request, nowMs)?.key.id ?? keyIdOf(request);
    const known = this.#options.keys.get(keyId) === undefined ? null : keyId;
    this.refusals.note({ keyId: known, code, address: request.socket.remoteAddress ?? '', action: actionOfRequest(request).name }, nowMs);
  }

  #admit(request: IncomingMessage, body: Uint8Array): void {
    const nowMs = Date.now();
    const action = actionOfRequest(request);
    const key = this.#sessionOf(request, nowMs)?.key ?? this.#signer(request, { action, body, nowMs });
    if (!action.allowedBy.has(key.policy)) throw new AwsError('AccessDeniedException', this.#notAllowed(key, action));
    const perSecond = key.requestsPerSecond ?? (action.isWrite ? writesPerSecond : othersPerSecond);
    if (!this.#limits.take(`${action.isWrite ? 'writes' : 'others'} ${key.id}`, { perSecond, burst: perSecond }, nowMs)) throw tooMany();
    noteCaller(request, { keyId: key.id, name: key.name });
  }

  /** Who signs says who it is; a cookie beside it is not asked. */
  #sessionOf(request: IncomingMessage, nowMs: number): Session | null {
    return request.headers.authorization === undefined ? this.sessions.of(request, nowMs) : null;
  }

  #signer(request: IncomingMessage, { action, body, nowMs }: { action: Action; body: Uint8Array; nowMs: number }): AccessKey {
    const { method = '', url = '', rawHeaders, socket } = request;
    const proven = verify({
      request: { method, url, headers: pairs(rawHeaders) },
      body,
      secretOf: (id) => this.#options.keys.get(id)?.secret,
      service: action.service,
      nowMs,
      isPrivate: isPrivate(socket),
    });
    if ('refused' in proven) throw new AwsError(proven.refused.code, proven.refused.message);
    this.#refuseReplay(proven, action, nowMs);
    const key = this.#options.keys.get(proven.keyId);
    if (key === undefined) throw new Error('a key has signed that is not there');
    return key;
  }

  #refuseReplay(proven: Proven, action: Action, nowMs: number): void {
    const { tally } = this.#options;
    if (action.name === 'cloudwatch:PutMetricData' && !this.#puts.isFirst(proven, nowMs)) tally.repeatedMetricSignatures++;
    const isFirst = isRepeatable(action) || this.#replays.isFirst(proven, nowMs);
    tally.forgottenSignatures = this.#replays.forgotten;
    if (!isFirst) throw new AwsError('InvalidSignatureException', 'This signature was used before: sign each request anew.');
  }

  /** In AWS's words. */
  #notAllowed({ id, name, policy }: AccessKey, action: Action): string {
    const user = `arn:aws:iam::${this.#options.accountId}:user/${name ?? id}`;
    return `User: ${user} is not authorized to perform: ${action.name} because its key is ${policy}`;
  }
}

function actionOfRequest(request: IncomingMessage): Action {
  const { method = '', url = '', headers } = request;
  return actionOf({ method, url, target: headers['x-amz-target'], call: cloudWatchCallOf(request) });
}

/** What the header says, which was proven when the connection was opened. */
function keyIdOf({ headers }: IncomingMessage): string {
  return /Credential=([\w-]+)\//.exec(headers.authorization ?? '')?.[1] ?? '';
}

function pairs(raw: readonly string[]): [string, string][] {
  return Array.from({ length: raw.length / 2 }, (_, at) => [raw[2 * at] ?? '', raw[2 * at + 1] ?? '']);
}

function tooMany(): AwsError {
  return new AwsError('ThrottledException', 'Rate exceeded');
}
