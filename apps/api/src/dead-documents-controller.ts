/**
 * What ClickHouse refused: a list for a person, and another try once the reason is gone. A document that is tried again is
 * appended to the log first and forgotten here then, so a crash in between tries it twice, which is a copy.
 */
import type { DeadDocument, DeadDocuments } from '@fluoroscope/clickhouse/dead-documents';
import { type LogAppender, LogFull } from '@fluoroscope/log/log';
import { Controller, Get, Header, HttpCode, Inject, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { actorOf } from './actor.js';
import type { ControlSource } from './dashboard/control-source.js';
import { AwsError } from './protocol/errors.js';
import { controlSource, deadDocuments, logAppender } from './tokens.js';

/** Listed, and tried again, by one call; the next one goes on. */
const maxAtOnce = 1_000;
/** Appended together, and then forgotten: what the log does not take any more is tried by the next call, and nothing twice. */
const appendedTogether = 50;

@Controller('dead-documents')
export class DeadDocumentsController {
  constructor(
    @Inject(deadDocuments) private readonly dead: DeadDocuments,
    @Inject(logAppender) private readonly log: LogAppender,
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
    const documents = await this.dead.list(maxAtOnce);
    for (let at = 0; at < documents.length; at += appendedTogether) {
      const some = documents.slice(at, at + appendedTogether);
      await Promise.all(some.map((document) => this.append(document)));
      await this.dead.remove(some);
    }
    if (documents.length > 0)
      await this.control.log.change({ kind: 'replay dead documents', documents: documents.length }, actorOf(request));
    return { replayed: documents.length };
  }

  /** With its own time of receipt, by which its age is judged. */
  private async append({ raw, receivedAtMs }: DeadDocument): Promise<void> {
    await this.log.append([Buffer.from(raw)], receivedAtMs).catch((error) => {
      throw error instanceof LogFull ? new AwsError('ThrottledException', 'The log cannot take more now; try again') : error;
    });
  }
}

function shown({ position, receivedAtMs, reason, raw }: DeadDocument): object {
  return { position, receivedAt: new Date(receivedAtMs).toISOString(), reason, document: raw };
}
