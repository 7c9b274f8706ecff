/** What samplers ask for: GetSamplingRules and GetSamplingTargets. There is one rule, Default. */
import { Body, Controller, Inject } from '@nestjs/common';
import { ApiTally } from '../counters.js';
import { list, number, optional, type Structure, structure, text, timestamp } from '../protocol/fields.js';
import { Operation } from '../protocol/operation.js';
import { readRequest } from '../protocol/request.js';
import { type Installation, installation } from '../tokens.js';
import { Reservoir } from './sampling-targets.js';

const getSamplingRules = structure({ NextToken: optional(text()) });

const count = number({ min: 0 });
const statisticsMembers = {
  RuleName: text({ min: 1, max: 32 }),
  ClientID: text({ min: 24, max: 24 }),
  Timestamp: timestamp,
  RequestCount: count,
  SampledCount: count,
  BorrowCount: optional(count),
};
type SamplingStatistics = Structure<typeof statisticsMembers>;
const getSamplingTargets = structure({ SamplingStatisticsDocuments: list(structure(statisticsMembers), { max: 25 }) });

/** As every account has it; samplers drop a rule that lacks any member. */
const defaultRule = {
  RuleName: 'Default',
  ResourceARN: '*',
  Priority: 10_000,
  FixedRate: 0.05,
  ReservoirSize: 1,
  ServiceName: '*',
  ServiceType: '*',
  Host: '*',
  HTTPMethod: '*',
  URLPath: '*',
  Version: 1,
  Attributes: {},
};
/** The Default rule is as old as time. */
const defaultRuleModifiedAt = 0;
const quotaTtlSeconds = 300;
const reportIntervalSeconds = 10;
/** Samplers take a code that begins with 4 as the advice to read the rules again. */
const unknownRuleCode = '400';

@Controller()
export class SamplingController {
  readonly #reservoir = new Reservoir(defaultRule.ReservoirSize);
  readonly #ruleArn: string;

  constructor(
    @Inject(installation) { region, accountId }: Installation,
    @Inject(ApiTally) private readonly tally: ApiTally,
  ) {
    this.#ruleArn = `arn:aws:xray:${region}:${accountId}:sampling-rule/${defaultRule.RuleName}`;
  }

  @Operation('GetSamplingRules')
  getSamplingRules(@Body() body: Buffer | undefined): object {
    readRequest(body, getSamplingRules);
    const record = {
      SamplingRule: { RuleARN: this.#ruleArn, ...defaultRule },
      CreatedAt: defaultRuleModifiedAt,
      ModifiedAt: defaultRuleModifiedAt,
    };
    return { SamplingRuleRecords: [record] };
  }

  @Operation('SamplingTargets')
  getSamplingTargets(@Body() body: Buffer | undefined): object {
    const { SamplingStatisticsDocuments: documents } = readRequest(body, getSamplingTargets);
    const known = documents.filter(({ RuleName }) => RuleName === defaultRule.RuleName);
    return {
      SamplingTargetDocuments: this.targets(known, Date.now()),
      LastRuleModification: defaultRuleModifiedAt,
      UnprocessedStatistics: documents.filter(({ RuleName }) => RuleName !== defaultRule.RuleName).map(unprocessedStatistics),
    };
  }

  private targets(documents: readonly SamplingStatistics[], nowMs: number): object[] {
    for (const { ClientID } of documents) this.#reservoir.report(ClientID, nowMs);
    this.tally.forgottenSamplingClients = this.#reservoir.forgotten;
    const clients = new Set(documents.map(({ ClientID }) => ClientID));
    return Array.from(clients, (clientId) => ({
      RuleName: defaultRule.RuleName,
      FixedRate: defaultRule.FixedRate,
      ReservoirQuota: this.#reservoir.quotaOf(clientId),
      ReservoirQuotaTTL: Math.floor(nowMs / 1000) + quotaTtlSeconds,
      Interval: reportIntervalSeconds,
    }));
  }
}

function unprocessedStatistics({ RuleName }: SamplingStatistics): object {
  return { RuleName, ErrorCode: unknownRuleCode, Message: 'There is no sampling rule of this name' };
}
