/** Messages that somebody wrote to the topics of segments and of metrics and that are not ours: a list for a person, and another try. */
import type { DeadMessage, DeadMessages } from '@fluoroscope/log/dead-messages';
import { Controller, Get, Header, HttpCode, Inject, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { actorOf } from './actor.js';
import type { ControlSource } from './dashboard/control-source.js';
import { controlSource, deadMessages } from './tokens.js';

export type DeadMessageSource = Pick<DeadMessages, 'list' | 'replay'>;

@Controller('dead-messages')
export class DeadMessagesController {
  constructor(
    @Inject(deadMessages) private readonly dead: DeadMessageSource | null,
    @Inject(controlSource) private readonly control: ControlSource,
  ) {}

  /** Oldest first. */
  @Get()
  @Header('cache-control', 'no-store')
  async list(): Promise<object> {
    return { messages: ((await this.dead?.list()) ?? []).map(shown) };
  }

  @Post('replay')
  @HttpCode(200)
  async replay(@Req() request: FastifyRequest): Promise<{ replayed: number }> {
    const replayed = (await this.dead?.replay()) ?? 0;
    if (replayed > 0) await this.control.log.change({ kind: 'replay dead documents', documents: replayed }, actorOf(request));
    return { replayed };
  }
}

function shown({ receivedAtMs, ...message }: DeadMessage): object {
  return { ...message, receivedAt: new Date(receivedAtMs).toISOString() };
}
