/**
 * Whatever went wrong, in AWS's shape: status, `x-amzn-ErrorType` and `{"__type", "Message"}`. What is not an answer to a
 * request of the client's is logged, and the client learns no more than InternalFailure.
 */
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { type ApiLogger, apiLogger } from '../tokens.js';
import { AwsError, errorTypeHeader, invalidRequest } from './errors.js';

@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(@Inject(apiLogger) private readonly logger: ApiLogger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    if (host.getType() !== 'http') {
      this.logger.error({ err: error }, 'a live event failed');
      return;
    }
    sendError(host.switchToHttp().getResponse<FastifyReply>(), this.answerTo(error));
  }

  private answerTo(error: unknown): AwsError {
    if (error instanceof AwsError) return error;
    const status = error instanceof HttpException ? error.getStatus() : statusOf(error);
    if (status === 404) return new AwsError('UnknownOperationException', 'No operation of this API has this path');
    if (status >= 400 && status < 500) return invalidRequest(error instanceof Error ? error.message : 'The request is not valid');
    this.logger.error({ err: error }, 'a request failed');
    return new AwsError('InternalFailure', 'The request failed because of an internal failure; the log of the server says why');
  }
}

export function sendError(reply: FastifyReply, error: AwsError): void {
  void reply.code(error.status).header(errorTypeHeader, error.code).header('content-type', 'application/json').send(JSON.stringify(error));
}

/** Fastify's own errors carry the status they stand for. */
function statusOf(error: unknown): number {
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' ? status : 500;
}
