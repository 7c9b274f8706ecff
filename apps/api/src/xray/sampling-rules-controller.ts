/** The rules of sampling: read from memory, changed through the control log, whose order decides what is refused. */
import type { SamplingRuleChange } from '@fluoroscope/contract/control';
import { maxTags } from '@fluoroscope/contract/sampling';
import { LogBroken, LogFull } from '@fluoroscope/log/log';
import { Body, Controller, Inject, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { actorOf } from '../actor.js';
import { ApiTally } from '../counters.js';
import type { ControlSource } from '../dashboard/control-source.js';
import { Invocations } from '../invocations.js';
import { AwsError, invalidRequest } from '../protocol/errors.js';
import { optional, structure, text } from '../protocol/fields.js';
import { Operation } from '../protocol/operation.js';
import { pageStart } from '../protocol/page-token.js';
import { readRequest } from '../protocol/request.js';
import { controlSource, type Installation, installation } from '../tokens.js';
import {
  createSamplingRule,
  deleteSamplingRule,
  ruleNameOf,
  ruleOf,
  samplingRuleRecord,
  updateOf,
  updateSamplingRule,
} from './sampling-shape.js';

const getSamplingRules = structure({ NextToken: optional(text()) });

@Controller()
export class SamplingRulesController {
  readonly #invocations = new Invocations<object>();

  constructor(
    @Inject(controlSource) private readonly control: ControlSource,
    @Inject(installation) private readonly here: Installation,
    @Inject(ApiTally) private readonly tally: ApiTally,
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
    if (Tags.length > maxTags) throw new AwsError('TooManyTagsException', `A sampling rule can have at most ${maxTags} tags`);
    const tags = Tags.map(({ Key, Value }) => ({ key: Key, value: Value }));
    if (new Set(tags.map(({ key }) => key)).size < tags.length) throw invalidRequest('Tags names a key twice');
    return this.change({ kind: 'create sampling rule', rule: ruleOf(given, given.RuleName), tags }, request);
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

  /** A client's retry is the same change, so that a rule whose answer was lost is not in its own way. */
  private change(change: SamplingRuleChange, request: FastifyRequest): Promise<object> {
    const invocation = request.headers['amz-sdk-invocation-id'];
    const id = typeof invocation === 'string' && invocation !== '' ? `${invocation} ${change.kind}` : undefined;
    return this.#invocations.once(id, Date.now(), () => this.append(change, request));
  }

  private async append(change: SamplingRuleChange, request: FastifyRequest): Promise<object> {
    this.tally.forgottenEdits = this.#invocations.forgotten;
    const { rule, refused } = await this.control.log.change(change, actorOf(request)).catch(refuse);
    if (refused?.code === 'rule_limit') throw new AwsError('RuleLimitExceededException', refused.message);
    if (refused !== null) throw invalidRequest(refused.message);
    if (rule === null) throw new Error('the change of a sampling rule was not understood when it was read back');
    return { SamplingRuleRecord: samplingRuleRecord(rule, this.here) };
  }
}

function refuse(error: unknown): never {
  if (error instanceof LogFull) throw new AwsError('ThrottledException', 'The control log cannot take more now; try again');
  if (error instanceof LogBroken) throw new AwsError('InternalFailure', error.message);
  throw error;
}
