/** The write operations: PutTraceSegments and PutTelemetryRecords. */
import { maxDocumentsPerPut } from '@fluoroscope/contract/documents';
import { type LogAppender, LogBroken, LogFull } from '@fluoroscope/log/log';
import { type DocumentRejection, parseDocument } from '@fluoroscope/xray/document';
import { Body, Controller, Headers, Inject } from '@nestjs/common';
import { ApiTally } from '../counters.js';
import { Invocations } from '../invocations.js';
import { AwsError, invalidRequest } from '../protocol/errors.js';
import { list, number, optional, structure, text, timestamp } from '../protocol/fields.js';
import { Operation } from '../protocol/operation.js';
import { readRequest } from '../protocol/request.js';
import { logAppender } from '../tokens.js';

const putTraceSegments = structure({ TraceSegmentDocuments: list(text(), { min: 1 }) });

const count = optional(number({ min: 0 }));
const telemetryRecord = structure({
  Timestamp: timestamp,
  SegmentsReceivedCount: count,
  SegmentsSentCount: count,
  SegmentsSpilloverCount: count,
  SegmentsRejectedCount: count,
});
const putTelemetryRecords = structure({
  TelemetryRecords: list(telemetryRecord),
  EC2InstanceId: optional(text({ max: 20 })),
  Hostname: optional(text({ max: 255 })),
  ResourceARN: optional(text({ max: 500 })),
});

interface UnprocessedTraceSegment {
  Id?: string;
  ErrorCode: string;
  Message: string;
}
interface PutTraceSegmentsResult {
  UnprocessedTraceSegments: UnprocessedTraceSegment[];
}

@Controller()
export class SegmentsController {
  readonly #invocations = new Invocations<PutTraceSegmentsResult>();

  constructor(
    @Inject(logAppender) private readonly log: LogAppender,
    @Inject(ApiTally) private readonly tally: ApiTally,
  ) {}

  @Operation('TraceSegments')
  async putTraceSegments(
    @Body() body: Buffer | undefined,
    @Headers('amz-sdk-invocation-id') invocationId: string | undefined,
  ): Promise<PutTraceSegmentsResult> {
    const { TraceSegmentDocuments: documents } = readRequest(body, putTraceSegments);
    if (documents.length > maxDocumentsPerPut) throw invalidRequest(`Exceeding maximum segment count: ${maxDocumentsPerPut}`);
    const nowMs = Date.now();
    const call = invocationId && `${invocationId} ${body?.length}`;
    const answer = await this.#invocations.once(call, nowMs, () => this.append(documents, nowMs));
    this.tally.repeatedPuts = this.#invocations.repeated;
    this.tally.forgottenInvocations = this.#invocations.forgotten;
    return answer;
  }

  @Operation('TelemetryRecords')
  putTelemetryRecords(@Body() body: Buffer | undefined): object {
    const { TelemetryRecords: records } = readRequest(body, putTelemetryRecords);
    this.tally.telemetryRecords += records.length;
    return {};
  }

  /** Answers when what is accepted is durable. */
  private async append(documents: readonly string[], nowMs: number): Promise<PutTraceSegmentsResult> {
    const { accepted, unprocessed } = judge(documents, nowMs);
    this.tally.documents += documents.length;
    this.tally.unprocessed += unprocessed.length;
    if (accepted.length > 0) await this.appendAccepted(accepted, nowMs);
    return { UnprocessedTraceSegments: unprocessed };
  }

  private async appendAccepted(accepted: readonly Uint8Array[], nowMs: number): Promise<void> {
    try {
      await this.log.append(accepted, nowMs);
    } catch (error) {
      if (!(error instanceof LogFull || error instanceof LogBroken)) throw error;
      this.tally.refusedAppends++;
      if (error instanceof LogFull) throw new AwsError('ThrottledException', 'The log cannot take more now; try again');
      throw new AwsError('InternalFailure', 'The log cannot keep what it is given any more');
    }
  }
}

/** By X-Ray's rules, at the time of receipt: the writer decides the same when it reads the log, however late. */
function judge(documents: readonly string[], nowMs: number): { accepted: Uint8Array[]; unprocessed: UnprocessedTraceSegment[] } {
  const accepted: Uint8Array[] = [];
  const unprocessed: UnprocessedTraceSegment[] = [];
  for (const document of documents) {
    const parsed = parseDocument(document, nowMs / 1000);
    if ('rejected' in parsed) unprocessed.push(unprocessedSegment(parsed.rejected));
    else accepted.push(Buffer.from(document));
  }
  return { accepted, unprocessed };
}

function unprocessedSegment({ id, code, message }: DocumentRejection): UnprocessedTraceSegment {
  return id === undefined ? { ErrorCode: code, Message: message } : { Id: id, ErrorCode: code, Message: message };
}
