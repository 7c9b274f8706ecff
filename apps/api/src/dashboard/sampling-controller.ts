/** Sampling rules for the dashboard: the same changes of the control log as X-Ray's operations make, with what is wrong by member. */
import type { SamplingRuleChange } from '@fluoroscope/contract/control';
import type { SamplingRuleRecord, SamplingView } from '@fluoroscope/contract/sampling';
import {
  type SamplingRuleProblems,
  samplingRuleOf,
  samplingRuleProblems,
  samplingRuleUpdateOf,
  samplingUpdateProblems,
} from '@fluoroscope/xray/sampling-rules';
import { tagsOf } from '@fluoroscope/xray/tags';
import { Body, Controller, Delete, Get, Header, Inject, Param, Post, Put, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { controlSource, statisticsSource } from '../tokens.js';
import type { StatisticsSource } from '../xray/statistics-source.js';
import { changeControl, editedOf, readBody } from './control-change.js';
import type { ControlSource } from './control-source.js';
import { DashboardError } from './errors.js';
import { invalid } from './query.js';
import { samplingView } from './sampling-view.js';

const members =
  'name, resourceArn, priority, fixedRate, reservoirSize, serviceName, serviceType, host, httpMethod, urlPath, attributes, boost';

@Controller('api/sampling/rules')
export class SamplingController {
  constructor(
    @Inject(controlSource) private readonly control: ControlSource,
    @Inject(statisticsSource) private readonly statistics: StatisticsSource,
  ) {}

  @Get()
  @Header('cache-control', 'no-store')
  rules(): SamplingView {
    return samplingView(this.control, this.statistics, Date.now());
  }

  @Post()
  @Header('cache-control', 'no-store')
  create(@Body() body: Buffer | undefined, @Req() request: FastifyRequest): Promise<SamplingRuleRecord> {
    const { rule: given, tags: givenTags = [] } = readBody(body, `{"rule": {${members}}, "tags": [{"key", "value"}]}`);
    if (typeof given !== 'object' || given === null) throw invalid(`rule is an object with ${members}`);
    refuseProblems(samplingRuleProblems({ ...given }));
    const [rule, tags] = [samplingRuleOf(given), tagsOf(givenTags)];
    if (rule === null || tags === null) throw invalid('tags is a list of {"key", "value"}');
    return this.change({ kind: 'create sampling rule', rule, tags }, request);
  }

  /** Only the members that change: what others change at the same time stays. */
  @Put(':name')
  @Header('cache-control', 'no-store')
  update(@Param('name') name: string, @Body() body: Buffer | undefined, @Req() request: FastifyRequest): Promise<SamplingRuleRecord> {
    const given = readBody(body, `any of ${members}, but for the name`);
    refuseProblems(samplingUpdateProblems(given));
    const update = samplingRuleUpdateOf(given);
    if (update === null || Object.keys(update).length === 0) throw invalid(`Nothing changes: give any of ${members}, but for the name`);
    return this.change({ kind: 'update sampling rule', name, update }, request);
  }

  @Delete(':name')
  @Header('cache-control', 'no-store')
  delete(@Param('name') name: string, @Req() request: FastifyRequest): Promise<SamplingRuleRecord> {
    return this.change({ kind: 'delete sampling rule', name }, request);
  }

  private async change(change: SamplingRuleChange, request: FastifyRequest): Promise<SamplingRuleRecord> {
    return editedOf(await changeControl(this.control, change, request), 'samplingRule');
  }
}

function refuseProblems(problems: SamplingRuleProblems): void {
  const [first] = Object.values(problems);
  if (first !== undefined) throw new DashboardError('invalid_request', first, problems);
}
