import { All, Controller, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CloudWatch } from './cloudwatch/cloudwatch.js';
import { cloudWatchCallOf } from './protocol/cloudwatch-call.js';
import { AwsError, requestIdHeader } from './protocol/errors.js';
import { otherServiceError } from './protocol/other-services.js';
import { Pages } from './ui/pages.js';

/** What no operation has claimed: a call that is made by GET, one for another service, a page of the UI, or an operation that we do not have. */
@Controller()
export class FallbackController {
  constructor(
    @Inject(Pages) private readonly pages: Pages,
    @Inject(CloudWatch) private readonly cloudWatch: CloudWatch,
  ) {}

  @All('*')
  async answer(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const call = cloudWatchCallOf(request.raw);
    const requestId = String(reply.raw.getHeader(requestIdHeader));
    const other = call === null ? otherServiceError(request, requestId) : await this.cloudWatch.answer(call, request);
    if (other !== null) await reply.code(other.status).headers(other.headers).send(other.body);
    else if (!(await this.pages.answer(request, reply))) throw unknownOperation(request);
  }
}

function unknownOperation({ method, url }: FastifyRequest): AwsError {
  return new AwsError('UnknownOperationException', `No operation of this API is called by ${method} ${url.slice(0, 128)}`);
}
