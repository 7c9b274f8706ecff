/** The one way of X-Ray's operations to change what people edit: a record of the control log, answered when it has been read back. */
import type { ControlChange, ControlRefusalCode, Edited } from '@fluoroscope/contract/control';
import { LogBroken, LogFull } from '@fluoroscope/log/log';
import type { FastifyRequest } from 'fastify';
import { actorOf } from '../actor.js';
import type { ApiTally } from '../counters.js';
import type { ControlSource } from '../dashboard/control-source.js';
import { Invocations } from '../invocations.js';
import { AwsError, type ErrorCode } from '../protocol/errors.js';

/** What the order of the log refuses is an InvalidRequestException, but for these. */
const refusalErrors: Partial<Record<ControlRefusalCode, ErrorCode>> = {
  rule_limit: 'RuleLimitExceededException',
  too_many_tags: 'TooManyTagsException',
  resource_unknown: 'ResourceNotFoundException',
  policy_limit: 'PolicyCountLimitExceededException',
  policy_revision: 'InvalidPolicyRevisionIdException',
};

export class Edits {
  readonly #invocations = new Invocations<Edited>();

  constructor(
    private readonly control: ControlSource,
    private readonly tally: ApiTally,
  ) {}

  /**
   * The thing as the change left it, or as it was when the change took it away. A client's retry is the same change, so that
   * what was made and not heard of is not in its own way; `change` is not asked again. Throws the AWS error of a refusal.
   */
  async make<Name extends keyof Edited>(
    name: Name,
    request: FastifyRequest,
    change: () => ControlChange,
  ): Promise<NonNullable<Edited[Name]>> {
    const invocation = request.headers['amz-sdk-invocation-id'];
    const id = typeof invocation === 'string' && invocation !== '' ? `${invocation} ${request.url}` : undefined;
    const edited = await this.#invocations.once(id, Date.now(), async () => this.append(change(), request));
    const item = edited[name];
    if (item === undefined) throw new Error(`a change of a ${name} was not understood when it was read back`);
    return item;
  }

  private async append(change: ControlChange, request: FastifyRequest): Promise<Edited> {
    this.tally.forgottenEdits = this.#invocations.forgotten;
    const { before, after, refused } = await this.control.log.change(change, actorOf(request)).catch(refuse);
    const details: Record<string, string> = 'resource' in change ? { ResourceName: change.resource.name } : {};
    if (refused !== null) throw new AwsError(refusalErrors[refused.code] ?? 'InvalidRequestException', refused.message, details);
    return { ...before, ...after };
  }
}

/** Of a log that does not take a change. */
export function refuse(error: unknown): never {
  if (error instanceof LogFull) throw new AwsError('ThrottledException', 'The log cannot take more now; try again');
  if (error instanceof LogBroken) throw new AwsError('InternalFailure', error.message);
  throw error;
}
