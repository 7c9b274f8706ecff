/** `/api/session`: signing in to the dashboard with a key, who is signed in, and signing out. */
import type { SessionAnswer, SignIn } from '@fluoroscope/contract/session';
import { Body, Controller, Delete, Get, Header, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DashboardError } from '../dashboard/errors.js';
import { invalid } from '../dashboard/query.js';
import { type ApiLogger, accessGate, apiLogger } from '../tokens.js';
import type { Gate } from './gate.js';
import { isPrivate } from './privacy.js';
import { type Session, sessionSeconds } from './sessions.js';

const maxTypedLength = 256;

@Controller('api/session')
export class SessionController {
  constructor(
    @Inject(accessGate) private readonly gate: Gate | null,
    @Inject(apiLogger) private readonly logger: ApiLogger,
  ) {}

  @Get()
  @Header('cache-control', 'no-store')
  session(@Req() { raw }: FastifyRequest): SessionAnswer {
    if (this.gate === null) return { auth: 'none' };
    const session = this.gate.sessions.of(raw, Date.now());
    return session === null ? { auth: 'sigv4', key: null, isPrivate: isPrivate(raw.socket) } : shown(session);
  }

  /** A secret that came over a line that others can read is not even looked at. */
  @Post()
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  signIn(@Body() body: Buffer | undefined, @Req() { raw }: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): SessionAnswer {
    if (this.gate === null) throw invalid('Nobody has to sign in here');
    if (!isPrivate(raw.socket)) throw new DashboardError('forbidden', 'Sign in over HTTPS, or on the machine itself');
    const key = this.gate.keyFor(signInOf(body), raw);
    const from = raw.socket.remoteAddress;
    if (key === null) {
      this.logger.warn({ from }, 'a sign-in was refused');
      throw new DashboardError('signed_out', 'There is no such key, or its secret is another');
    }
    if (key.policy === 'write-only') throw new DashboardError('forbidden', 'This key may only write: a dashboard needs one that reads');
    const nowMs = Date.now();
    void reply.header('set-cookie', this.gate.sessions.begin(key, raw, nowMs));
    this.logger.info({ key: key.id, from }, 'signed in');
    return shown({ key, untilSeconds: Math.floor(nowMs / 1000) + sessionSeconds });
  }

  @Delete()
  @Header('cache-control', 'no-store')
  signOut(@Req() { raw }: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): object {
    if (this.gate !== null) void reply.header('set-cookie', this.gate.sessions.end(raw, Date.now()));
    return {};
  }
}

function shown({ key: { id, name, policy }, untilSeconds }: Session): SessionAnswer {
  return { auth: 'sigv4', key: { id, name, policy }, untilSeconds };
}

function signInOf(body: Buffer | undefined): SignIn {
  const { id, secret } = parse(body);
  if (isTyped(id) && isTyped(secret)) return { id, secret };
  throw invalid('The body is a JSON object: {"id", "secret"}');
}

function isTyped(value: unknown): value is string {
  return typeof value === 'string' && value.length <= maxTypedLength;
}

function parse(body: Buffer | undefined): Partial<Record<keyof SignIn, unknown>> {
  try {
    const value: unknown = JSON.parse(body?.toString('utf8') ?? '');
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
