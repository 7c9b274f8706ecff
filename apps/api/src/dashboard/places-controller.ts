/** Where the nodes of the map stand: read from memory, changed through the control log. */
import type { PlacesAnswer } from '@fluoroscope/contract/control';
import { LogBroken, LogFull } from '@fluoroscope/log/log';
import { placeChangesOf } from '@fluoroscope/xray/control-record';
import { Body, Controller, Get, Header, Inject, Put, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { actorOf } from '../actor.js';
import { controlSource } from '../tokens.js';
import type { ControlSource } from './control-source.js';
import { DashboardError } from './errors.js';
import { invalid } from './query.js';

@Controller('api/map/places')
export class PlacesController {
  constructor(@Inject(controlSource) private readonly control: ControlSource) {}

  @Get()
  @Header('cache-control', 'no-store')
  places(): PlacesAnswer {
    return this.control.state.places();
  }

  /** Answered when the change is durable, and in what `GET` gives. */
  @Put()
  @Header('cache-control', 'no-store')
  async change(@Body() body: Buffer | undefined, @Req() request: FastifyRequest): Promise<{ version: number }> {
    const changes = placeChangesOf(parse(body).changes);
    if (typeof changes === 'string') throw invalid(changes);
    const { refused, version } = await this.control.log.change({ kind: 'places', changes }, actorOf(request)).catch(refuse);
    if (refused !== null) throw new DashboardError('too_many_places', refused.message);
    return { version };
  }
}

function parse(body: Buffer | undefined): { changes?: unknown } {
  try {
    const value: unknown = JSON.parse(body?.toString('utf8') ?? '');
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // As any other body that is not an object.
  }
  throw invalid('The body is a JSON object: {"changes": [{"node", "x", "y", "pinned"}]}');
}

function refuse(error: unknown): never {
  if (error instanceof LogFull || error instanceof LogBroken)
    throw new DashboardError('unavailable', `Nothing was changed: ${error.message}`);
  throw error;
}
