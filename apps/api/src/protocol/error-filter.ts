/**
 * Whatever went wrong, in AWS's shape: status, `x-amzn-ErrorType` and `{"__type", "Message"}`; in the protocol of the call where
 * it is one of CloudWatch's; below `/api/` in the dashboard's, `{"message", "code"}`. What is not an answer to a request of the client's is logged, and the client learns
 * no more than that it failed.
 */
import { isAway, isTooMuch, reachesLimit } from '@fluoroscope/clickhouse/clickhouse';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DashboardError, isDashboardPath } from '../dashboard/errors.js';
import { type ApiLogger, apiLogger } from '../tokens.js';
import { type CloudWatchCall, failedCallOf } from './cloudwatch-call.js';
import { CloudWatchError, cloudWatchErrorOf } from './cloudwatch-errors.js';
import { cloudWatchProtocols } from './cloudwatch-protocols.js';
import { AwsError, errorTypeHeader, invalidRequest, requestIdHeader } from './errors.js';

const tooMuch = 'The request needs more than one may take: ask for less, such as a shorter time, a longer period, or one namespace.';

@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(@Inject(apiLogger) private readonly logger: ApiLogger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    if (host.getType() !== 'http') {
      this.logger.error({ err: error }, 'a live event failed');
      return;
    }
    const http = host.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    const request = http.getRequest<FastifyRequest>();
    const call = failedCallOf(request.raw);
    if (isDashboardPath(request.url)) sendDashboardError(reply, this.dashboardAnswerTo(error));
    else if (call !== null) sendCloudWatchError(reply, call, this.cloudWatchAnswerTo(error));
    else sendError(reply, this.answerTo(error));
  }

  /** What reaches a limit of its own reaches it again, so it is no throttling: SDKs would only ask the same once more. */
  private cloudWatchAnswerTo(error: unknown): CloudWatchError {
    if (error instanceof CloudWatchError) return error;
    if (!isTooMuch(error)) return cloudWatchErrorOf(this.answerTo(error));
    this.logger.warn({ err: error }, 'a call of CloudWatch needed more than one may take');
    return new CloudWatchError('InvalidParameterCombination', tooMuch);
  }

  /** Storage that is away comes back by itself; a defect of ours does not, and must not pass for it. */
  private dashboardAnswerTo(error: unknown): DashboardError {
    if (error instanceof DashboardError) return error;
    if (error instanceof AwsError && error.status === 403) return refusedAccess(error);
    if (error instanceof AwsError && error.status === 429) return new DashboardError('throttled', error.message);
    const status = error instanceof AwsError ? error.status : statusOf(error);
    if (status === 404) return new DashboardError('unknown_path', 'There is nothing at this address');
    if (status >= 400 && status < 500)
      return new DashboardError('invalid_request', error instanceof Error ? error.message : 'The request is not valid');
    if (reachesLimit(error)) {
      this.logger.warn({ err: error }, 'a request of the dashboard needed more than one may take');
      return new DashboardError('throttled', 'This needs more than one request may take: ask for a shorter time, or try again later');
    }
    this.logger.error({ err: error }, 'a request of the dashboard failed');
    if (isAway(error)) return new DashboardError('unavailable', 'Storage does not answer at the moment; the log of the server says why');
    return new DashboardError('internal', 'This failed because of a defect of the server, not of storage; the log of the server says what');
  }

  private answerTo(error: unknown): AwsError {
    if (error instanceof AwsError) return error;
    const status = error instanceof HttpException ? error.getStatus() : statusOf(error);
    if (status === 404) return new AwsError('UnknownOperationException', 'No operation of this API has this path');
    if (status >= 400 && status < 500) return invalidRequest(error instanceof Error ? error.message : 'The request is not valid');
    if (reachesLimit(error)) {
      this.logger.warn({ err: error }, 'a request needed more than one may take');
      return new AwsError('ThrottledException', 'The request needs more than one may take now: ask for less, or try again later');
    }
    this.logger.error({ err: error }, 'a request failed');
    return new AwsError('InternalFailure', 'The request failed because of an internal failure; the log of the server says why');
  }
}

function refusedAccess({ code, message }: AwsError): DashboardError {
  if (code === 'AccessDeniedException') return new DashboardError('forbidden', message);
  return new DashboardError('signed_out', `Sign in with a key first. (${message})`);
}

function sendCloudWatchError(reply: FastifyReply, { protocol, operation }: CloudWatchCall, error: CloudWatchError): void {
  const requestId = String(reply.raw.getHeader(requestIdHeader));
  const { status, headers, body } = cloudWatchProtocols[protocol].encodeError(error, { operation, requestId });
  void reply.code(status).headers(headers).send(body);
}

export function sendError(reply: FastifyReply, error: AwsError): void {
  void reply.code(error.status).header(errorTypeHeader, error.code).header('content-type', 'application/json').send(JSON.stringify(error));
}

function sendDashboardError(reply: FastifyReply, error: DashboardError): void {
  void reply.code(error.status).header('content-type', 'application/json').header('cache-control', 'no-store').send(JSON.stringify(error));
}

/** Fastify's own errors carry the status they stand for. */
function statusOf(error: unknown): number {
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' ? status : 500;
}
