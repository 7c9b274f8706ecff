/**
 * Calls whose address does not say what they ask for: every service whose protocol names the operation in a header or in a form
 * posts to `/`, and RPC v2 CBOR to an address that begins alike for all. They go to CloudWatch, to CloudTrail, or are told who is here.
 */
import { Controller, Inject, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isLookup } from './access/policies.js';
import { LookupEvents } from './audit/lookup-events.js';
import { CloudWatch } from './cloudwatch/cloudwatch.js';
import { cloudWatchCallOf, cloudWatchShape } from './protocol/cloudwatch-call.js';
import { AwsError, requestIdHeader } from './protocol/errors.js';
import { otherServiceError } from './protocol/other-services.js';
import type { WireAnswer } from './protocol/wire-protocol.js';

const lookupHeaders = { 'content-type': 'application/x-amz-json-1.1' };

@Controller()
export class DispatchController {
  constructor(
    @Inject(CloudWatch) private readonly cloudWatch: CloudWatch,
    @Inject(LookupEvents) private readonly lookupEvents: LookupEvents,
  ) {}

  @Post(['/', `service/${cloudWatchShape}/operation/:operation`])
  async post(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { status, headers, body } = await this.answer(request);
    await reply.code(status).headers(headers).send(body);
  }

  private async answer(request: FastifyRequest): Promise<WireAnswer> {
    const call = cloudWatchCallOf(request.raw);
    if (call !== null) return this.cloudWatch.answer(call, request);
    if (isLookup(request.headers['x-amz-target'])) return this.lookup(request);
    const other = otherServiceError(request, String(request.headers[requestIdHeader]));
    if (other === null) throw new AwsError('UnknownOperationException', 'No operation of this API is called by POST /');
    return other;
  }

  private lookup({ body }: FastifyRequest): WireAnswer {
    const events = this.lookupEvents.answer(Buffer.isBuffer(body) ? body : undefined);
    return { status: 200, headers: lookupHeaders, body: JSON.stringify(events) };
  }
}
