/** What samplers report and are told: GetSamplingTargets, and the sums of it, GetSamplingStatisticSummaries. */
import {
  maxReservoirSize,
  type SamplingBoost,
  type SamplingReport,
  type SamplingRule,
  type SamplingWindow,
} from '@fluoroscope/contract/sampling';
import { LogBroken, LogFull } from '@fluoroscope/log/log';
import { quotaTtlSeconds, reportIntervalSeconds } from '@fluoroscope/xray/sampling-statistics';
import { boostRate } from '@fluoroscope/xray/sampling-targets';
import { Body, Controller, Inject, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { actorOf } from '../actor.js';
import { ApiTally } from '../counters.js';
import type { ControlSource } from '../dashboard/control-source.js';
import { Invocations } from '../invocations.js';
import { list, optional, type Structure, structure, text, timestamp, whole } from '../protocol/fields.js';
import { Operation } from '../protocol/operation.js';
import { pageStart, pageToken } from '../protocol/page-token.js';
import { readRequest } from '../protocol/request.js';
import { controlSource, statisticsSource } from '../tokens.js';
import type { StatisticsSource } from './statistics-source.js';

const count = whole({ min: 0, max: maxReservoirSize });
const statisticsMembers = {
  RuleName: text({ min: 1, max: 32 }),
  ClientID: text({ min: 24, max: 24 }),
  Timestamp: timestamp,
  RequestCount: count,
  SampledCount: count,
  BorrowCount: optional(count),
};
const boostMembers = {
  RuleName: text({ min: 1, max: 32 }),
  ServiceName: text({ max: 64 }),
  Timestamp: timestamp,
  AnomalyCount: count,
  TotalCount: count,
  SampledAnomalyCount: count,
};
type Statistics = Structure<typeof statisticsMembers>;
type BoostStatistics = Structure<typeof boostMembers>;
const getSamplingTargets = structure({
  SamplingStatisticsDocuments: list(structure(statisticsMembers), { max: 25 }),
  SamplingBoostStatisticsDocuments: optional(list(structure(boostMembers), { max: 25 })),
});
const getSummaries = structure({ NextToken: optional(text()) });
const summariesQuery = { operation: 'GetSamplingStatisticSummaries' };
const summariesPerPage = 500;

/** Samplers take a code that begins with 4 as the advice to read the rules again, and one that begins with 5 as a failure. */
const unknownRule = { ErrorCode: '400', Message: 'There is no sampling rule of this name' };
const notKept = { ErrorCode: '500', Message: 'The statistics could not be kept; the log of the server says why' };

@Controller()
export class SamplingTargetsController {
  readonly #invocations = new Invocations<boolean>();

  constructor(
    @Inject(controlSource) private readonly control: ControlSource,
    @Inject(statisticsSource) private readonly statistics: StatisticsSource,
    @Inject(ApiTally) private readonly tally: ApiTally,
  ) {}

  /** Every known rule gets a target, also when what was reported of it could not be kept. */
  @Operation('SamplingTargets')
  async getSamplingTargets(@Body() body: Buffer | undefined, @Req() request: FastifyRequest): Promise<object> {
    const { SamplingStatisticsDocuments: documents, SamplingBoostStatisticsDocuments: boosts } = readRequest(body, getSamplingTargets);
    const [known, unknown] = this.split(documents);
    const [boostable, unboostable] = this.split(boosts ?? []);
    const isKept = await this.keep({ known, boostable }, request);
    const unkept = isKept ? [] : known;
    const nowMs = Date.now();
    const answer = {
      SamplingTargetDocuments: distinct(known).map((document) => this.target(document, nowMs)),
      LastRuleModification: this.lastModification(nowMs),
      UnprocessedStatistics: [...unprocessed(unknown, unknownRule), ...unprocessed(unkept, notKept)],
    };
    // Only who reports anomalies knows this member.
    return boosts === undefined ? answer : { ...answer, UnprocessedBoostStatistics: unprocessed(unboostable, unknownRule) };
  }

  /** Newest first, then by rule. */
  @Operation('SamplingStatisticSummaries')
  getSamplingStatisticSummaries(@Body() body: Buffer | undefined): object {
    const { NextToken } = readRequest(body, getSummaries);
    const last = pageStart(summariesQuery, NextToken);
    const windows = this.statistics.state.sampling.windows();
    const rest = last === undefined ? windows : windows.filter((window) => isBehind(window, last));
    const page = rest.slice(0, summariesPerPage);
    const answer = { SamplingStatisticSummaries: page.map(summary) };
    const end = page.at(-1);
    return end === undefined || rest.length === page.length ? answer : { ...answer, NextToken: pageToken(summariesQuery, cursorOf(end)) };
  }

  private split<Document extends { RuleName: string }>(documents: readonly Document[]): [Document[], Document[]] {
    const isKnown = ({ RuleName }: Document) => this.control.state.samplingRules.record(RuleName) !== null;
    return [documents.filter(isKnown), documents.filter((document) => !isKnown(document))];
  }

  private rule(name: string): SamplingRule {
    const record = this.control.state.samplingRules.record(name);
    if (record === null) throw new Error(`there is no sampling rule ${name}`);
    return record.rule;
  }

  /** False when the log cannot take it. A client's retry reports nothing twice. */
  private async keep(
    { known, boostable }: { known: readonly Statistics[]; boostable: readonly BoostStatistics[] },
    request: FastifyRequest,
  ): Promise<boolean> {
    const nowMs = Date.now();
    const reports = known.map((document) => reportOf(document, this.rule(document.RuleName)));
    const boosts = boostable.flatMap((document) => this.boost(document, nowMs));
    if (reports.length + boosts.length === 0) return true;
    const invocation = request.headers['amz-sdk-invocation-id'];
    const id = typeof invocation === 'string' ? invocation : undefined;
    return this.#invocations.once(id, nowMs, () => this.append({ reports, boosts }, request));
  }

  private async append(change: { reports: SamplingReport[]; boosts: SamplingBoost[] }, request: FastifyRequest): Promise<boolean> {
    this.tally.forgottenReports = this.#invocations.forgotten;
    try {
      await this.statistics.log.change(change, { actor: actorOf(request).actor });
      return true;
    } catch (error) {
      if (error instanceof LogFull || error instanceof LogBroken) return false;
      throw error;
    }
  }

  private boost({ RuleName, AnomalyCount, SampledAnomalyCount }: BoostStatistics, nowMs: number): SamplingBoost[] {
    const { boost, fixedRate } = this.rule(RuleName);
    if (boost === null || !this.statistics.state.sampling.mayBoost(RuleName, nowMs)) return [];
    const rate = boostRate({ anomalies: AnomalyCount, sampled: SampledAnomalyCount }, { fixedRate, maxRate: boost.maxRate });
    return rate === null ? [] : [{ rule: RuleName, rate, cooldownMs: boost.cooldownMinutes * 60_000 }];
  }

  private target({ RuleName, ClientID }: Statistics, nowMs: number): object {
    const record = this.control.state.samplingRules.record(RuleName);
    // It was deleted while its statistics were kept.
    const { fixedRate = 0, reservoirSize = 0, boost = null } = record?.rule ?? {};
    const quota = this.statistics.state.sampling.quota({ rule: RuleName, size: reservoirSize, clientId: ClientID }, nowMs);
    const target = { RuleName, FixedRate: fixedRate, Interval: reportIntervalSeconds };
    const ttl = Math.floor(nowMs / 1000) + quotaTtlSeconds;
    const withQuota = quota === null ? target : { ...target, ReservoirQuota: quota, ReservoirQuotaTTL: ttl };
    const boosted = boost === null ? null : this.statistics.state.sampling.boost(RuleName, nowMs);
    if (boosted === null) return withQuota;
    return { ...withQuota, SamplingBoost: { BoostRate: boosted.rate, BoostRateTTL: Math.floor(boosted.untilMs / 1000) } };
  }

  /**
   * In whole seconds, as samplers compare it with the second in which they last read the rules: rounded up, so that who read them
   * earlier in that second reads them again, but never in the future, where they would do so at every report.
   */
  private lastModification(nowMs: number): number {
    return Math.min(Math.ceil(this.control.state.samplingRules.changedAtMs / 1000), Math.floor(nowMs / 1000));
  }
}

function reportOf(document: Statistics, { reservoirSize, fixedRate }: SamplingRule): SamplingReport {
  const { RuleName, ClientID, Timestamp, RequestCount, SampledCount, BorrowCount = 0 } = document;
  const counts = { requests: RequestCount, sampled: SampledCount, borrowed: BorrowCount };
  return { rule: RuleName, clientId: ClientID, atSeconds: Timestamp, ...counts, reservoirSize, fixedRate };
}

/** One for each rule and client. */
function distinct(documents: readonly Statistics[]): Statistics[] {
  return [...new Map(documents.map((document) => [`${document.ClientID} ${document.RuleName}`, document])).values()];
}

function unprocessed(documents: readonly { RuleName: string }[], reason: { ErrorCode: string; Message: string }): object[] {
  return documents.map(({ RuleName }) => ({ RuleName, ...reason }));
}

function summary({ rule, startSeconds, requests, sampled, borrowed }: SamplingWindow): object {
  return { RuleName: rule, Timestamp: startSeconds, RequestCount: requests, SampledCount: sampled, BorrowCount: borrowed };
}

function cursorOf({ startSeconds, rule }: SamplingWindow): string {
  return `${startSeconds} ${rule}`;
}

/** Of a page that ended with the window of this cursor. */
function isBehind({ startSeconds, rule }: SamplingWindow, cursor: string): boolean {
  const at = cursor.indexOf(' ');
  const endSeconds = Number(cursor.slice(0, at));
  return startSeconds < endSeconds || (startSeconds === endSeconds && rule > cursor.slice(at + 1));
}
