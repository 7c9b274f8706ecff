/** Where the nodes of the map stand: read from memory, changed through the control log. */
import type { PlacesAnswer } from '@fluoroscope/contract/control';
import { placeChangesOf } from '@fluoroscope/xray/control-record';
import { Body, Controller, Get, Header, Inject, Put, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { controlSource } from '../tokens.js';
import { changeControl, readBody } from './control-change.js';
import type { ControlSource } from './control-source.js';
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
    const changes = placeChangesOf(readBody(body, '{"changes": [{"node", "x", "y", "pinned"}]}').changes);
    if (typeof changes === 'string') throw invalid(changes);
    const { version } = await changeControl(this.control, { kind: 'places', changes }, request);
    return { version };
  }
}
