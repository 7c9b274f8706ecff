/**
 * What ClickHouse refused: a list for a person, and another try once the reason is gone. A document that is tried again is
 * appended to the log first and forgotten here then, so a crash in between tries it twice, which is a copy.
 */
import type { DeadDocument, DeadDocuments, DocumentLog } from '@fluoroscope/clickhouse/dead-documents';
import { type LogAppender, LogFull } from '@fluoroscope/log/log';
import { Controller, Get, Header, HttpCode, Inject, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { actorOf } from './actor.js';
import type { ControlSource } from './dashboard/control-source.js';
import { AwsError } from './protocol/errors.js';
import { controlSource, deadDocumentLogs, deadDocuments } from './tokens.js';

/** Listed, and tried again, by one call; the next one goes on. */
const maxAtOnce = 1_000;
/** Where the documents of each log are appended again. */
export type DeadDocumentLogs = Record<DocumentLog, LogAppender>;

/** Appended together, and then forgotten: what the log does not take any more is tried by the next call, and nothing twice. */
const appendedTogether = 50;

@Controller('dead-documents')
export class DeadDocumentsController {
  constructor(
    @Inject(deadDocuments) private readonly dead: DeadDocuments,
    @Inject(deadDocumentLogs) private readonly logs: DeadDocumentLogs,
    @Inject(controlSource) private readonly control: ControlSource,
  ) {}

  /** Oldest first. */
  @Get()
  @Header('cache-control', 'no-store')
  async list(): Promise<object> {
    const documents = await this.dead.list(maxAtOnce);
    return { documents: documents.map(shown) };
  }

  @Post('replay')
  @HttpCode(200)
  async replay(@Req() request: FastifyRequest): Promise<{ replayed: number }> {
    let replayed = 0;
    for (const [name, log] of Object.entries(this.logs)) replayed += await this.replayInto(log, name as DocumentLog);
    if (replayed > 0) await this.control.log.change({ kind: 'replay dead documents', documents: replayed }, actorOf(request));
    return { replayed };
  }

  private async replayInto(log: LogAppender, name: DocumentLog): Promise<number> {
    const documents = await this.dead.list(maxAtOnce, name);
    for (let at = 0; at < documents.length; at += appendedTogether) {
      const some = documents.slice(at, at + appendedTogether);
      await Promise.all(some.map((document) => append(log, document)));
      await this.dead.remove(some);
    }
    return documents.length;
  }
}

/** With its own time of receipt, by which its age is judged. */
async function append(log: LogAppender, document: DeadDocument): Promise<void> {
  await log.append([Buffer.from(textOf(document))], document.receivedAtMs).catch((error) => {
    throw error instanceof LogFull ? new AwsError('ThrottledException', 'The log cannot take more now; try again') : error;
  });
}

/** What only its place identified has another place then: an Id made of the old one keeps a second try from being a second call. */
function textOf({ log, raw, partition, position, receivedAtMs }: DeadDocument): string {
  if (log === 'segments') return raw;
  const { Id, ...call } = JSON.parse(raw) as { Id?: unknown };
  return JSON.stringify({ Id: Id ?? `dead-${partition}-${position}-${receivedAtMs}`, ...call });
}

function shown({ log, position, receivedAtMs, reason, raw }: DeadDocument): object {
  return { log, position, receivedAt: new Date(receivedAtMs).toISOString(), reason, document: raw };
}
