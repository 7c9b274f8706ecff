/**
 * The HTTP side of an installation, on one port: the AWS-shaped operations, health and counters, the live stream and the
 * built UI. It reads through the interfaces it is given and writes to nothing but the log.
 */
import 'reflect-metadata';
import { existsSync } from 'node:fs';
import { constants } from 'node:zlib';
import compress from '@fastify/compress';
import staticFiles from '@fastify/static';
import type { ApiCounters } from '@fluoroscope/contract/counters';
import { allowedHostsOf } from '@fluoroscope/runtime/site';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Gate } from './access/gate.js';
import { guard, isOpen } from './access/guard.js';
import type { ApiOptions } from './api-options.js';
import { appModule, type Own } from './app-module.js';
import { ApiTally, exposeApi } from './counters.js';
import { type Certificate, FrontDoor } from './front-door.js';
import { readBodiesRaw } from './protocol/body.js';
import { sendError } from './protocol/error-filter.js';
import { invalidRequest } from './protocol/errors.js';

export { Access } from './access/access.js';
export { type AccessKey, KeyRing } from './access/key-ring.js';
export type { ApiOptions } from './api-options.js';
export type { ControlSource } from './dashboard/control-source.js';
export type { Certificate } from './front-door.js';
export { LiveFeed } from './live/live-feed.js';
export type { LiveSource } from './live/live-source.js';
export { storedIn } from './stored.js';
export type { ApiLogger } from './tokens.js';
export type { StatisticsSource } from './xray/statistics-source.js';

export interface Api {
  /** Of the first host, with the port that was bound. */
  url: string;
  /** For processes of this machine: as `url`, or without TLS on a port of loopback where `url` has it. */
  localUrl: string;
  /** For connections from now on. Throws when it is not one. */
  renew(certificate: Certificate): void;
  counters(): ApiCounters;
  /** Takes nothing new, ends what is in flight, lets go of the live clients. */
  close(): Promise<void>;
}

/** Compressing a smaller answer costs more than it saves. */
const compressFromBytes = 1_024;
/** Fast enough to do per request; the files behind it are cached by browsers for good. */
const brotliQuality = 5;

/** Rejects with the system's error when the port is taken or the first host cannot be bound. */
export async function startApi(options: ApiOptions): Promise<Api> {
  const tally = new ApiTally();
  exposeApi({ tally, control: options.control, statistics: options.statistics });
  const { keys, accountId } = options;
  const gate = keys === undefined ? null : new Gate({ keys, accountId, tally });
  const app = await createApplication(options, { tally, gate });
  try {
    const { hosts, port, allowedHosts, certificate, logger } = options;
    const allowed = allowedHostsOf(hosts, allowedHosts);
    const door = await FrontDoor.open({ hosts, port, certificate, allowed, gate, application: app.getHttpServer(), tally, logger });
    return {
      url: door.url,
      localUrl: door.localUrl,
      renew: (renewed) => door.renew(renewed),
      counters: () => tally.counters(),
      close: () => closeBoth(door, app),
    };
  } catch (error) {
    await app.close();
    throw error;
  }
}

async function createApplication(options: ApiOptions, own: Own): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({ frameworkErrors: answerMalformed });
  const nestOptions = { logger: false, bodyParser: false, abortOnError: false } as const;
  const app = await NestFactory.create<NestFastifyApplication>(appModule(options, own), adapter, nestOptions);
  app.useWebSocketAdapter(new IoAdapter(app));
  const { gate } = own;
  readBodiesRaw(adapter.getInstance(), (request, body) => {
    if (gate !== null && !isOpen(request)) gate.admit(request.raw, body);
  });
  if (gate !== null) guard(adapter.getInstance(), gate);
  sendAnswersPlain(adapter.getInstance());
  await app.register(compress, {
    threshold: compressFromBytes,
    globalDecompression: false,
    encodings: ['br', 'gzip', 'identity'],
    brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: brotliQuality } },
  });
  if (existsSync(options.uiFolder)) await app.register(staticFiles, { root: options.uiFolder, serve: false });
  await app.init();
  await adapter.getInstance().ready();
  return app;
}

/** AWS does not compress what its operations answer, and here it would cost more than making the answer. */
function sendAnswersPlain(instance: FastifyInstance): void {
  instance.addHook('onRequest', (request, _reply, done) => {
    if (request.method === 'POST') delete request.raw.headers['accept-encoding'];
    done();
  });
}

/** What Fastify refuses before any route is asked: an address that is not one. */
function answerMalformed(error: Error, _request: FastifyRequest, reply: FastifyReply): void {
  sendError(reply, invalidRequest(error.message));
}

/** The door first, so that nothing new comes; live clients are what would keep it open. */
async function closeBoth(door: FrontDoor, app: NestFastifyApplication): Promise<void> {
  const closed = door.close();
  await app.close();
  await closed;
}
