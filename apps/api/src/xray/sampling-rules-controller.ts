/** The rules of sampling: read from memory, changed through the control log, whose order decides what is refused. */
import type { SamplingRuleChange } from '@fluoroscope/contract/control';
import { Body, Controller, Inject, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { ControlSource } from '../dashboard/control-source.js';
import { invalidRequest } from '../protocol/errors.js';
import { optional, structure, text } from '../protocol/fields.js';
import { Operation } from '../protocol/operation.js';
import { pageStart } from '../protocol/page-token.js';
import { readRequest } from '../protocol/request.js';
import { controlSource, type Installation, installation } from '../tokens.js';
import { Edits } from './edits.js';
import {
  createSamplingRule,
  deleteSamplingRule,
  ruleNameOf,
  ruleOf,
  samplingRuleRecord,
  updateOf,
  updateSamplingRule,
} from './sampling-shape.js';
import { tagsOf } from './tags-shape.js';

const getSamplingRules = structure({ NextToken: optional(text()) });

@Controller()
export class SamplingRulesController {
  constructor(
    @Inject(controlSource) private readonly control: ControlSource,
    @Inject(installation) private readonly here: Installation,
    @Inject(Edits) private readonly edits: Edits,
  ) {}

  /** On one page: no sampler asks for a second. */
  @Operation('GetSamplingRules')
  getSamplingRules(@Body() body: Buffer | undefined): object {
    const { NextToken } = readRequest(body, getSamplingRules);
    pageStart({ operation: 'GetSamplingRules' }, NextToken);
    const records = this.control.state.samplingRules.records();
    return { SamplingRuleRecords: records.map((record) => samplingRuleRecord(record, this.here)) };
  }

  @Operation('CreateSamplingRule')
  createSamplingRule(@Body() body: Buffer | undefined, @Req() request: FastifyRequest): Promise<object> {
    const { SamplingRule: given, Tags = [] } = readRequest(body, createSamplingRule);
    if (given.RuleARN !== undefined) throw invalidRequest('RuleARN cannot be given: it is made of RuleName');
    if (given.RuleName === undefined) throw invalidRequest('RuleName is required');
    if (given.Version !== 1) throw invalidRequest('Version must be 1');
    return this.change({ kind: 'create sampling rule', rule: ruleOf(given, given.RuleName), tags: tagsOf(Tags) }, request);
  }

  @Operation('UpdateSamplingRule')
  updateSamplingRule(@Body() body: Buffer | undefined, @Req() request: FastifyRequest): Promise<object> {
    const { SamplingRuleUpdate: given } = readRequest(body, updateSamplingRule);
    return this.change({ kind: 'update sampling rule', name: this.nameOf(given), update: updateOf(given) }, request);
  }

  @Operation('DeleteSamplingRule')
  deleteSamplingRule(@Body() body: Buffer | undefined, @Req() request: FastifyRequest): Promise<object> {
    const given = readRequest(body, deleteSamplingRule);
    return this.change({ kind: 'delete sampling rule', name: this.nameOf(given) }, request);
  }

  private nameOf({ RuleName, RuleARN }: { RuleName?: string | undefined; RuleARN?: string | undefined }): string {
    if ((RuleName === undefined) === (RuleARN === undefined))
      throw invalidRequest('Either RuleName or RuleARN must be given, and not both');
    const name = RuleName ?? ruleNameOf(RuleARN ?? '', this.here);
    if (name === null) throw invalidRequest('RuleARN is not the ARN of a sampling rule of this account and region');
    return name;
  }

  private async change(change: SamplingRuleChange, request: FastifyRequest): Promise<object> {
    return { SamplingRuleRecord: samplingRuleRecord(await this.edits.make('samplingRule', request, () => change), this.here) };
  }
}
