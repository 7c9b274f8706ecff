/** Resource policies: kept, checked and answered as AWS does; what may be called here is not decided by them. */
import { maxPolicyBytes, maxPolicyNameLength, type ResourcePolicy } from '@fluoroscope/contract/account-settings';
import { locksOut, policyProblem } from '@fluoroscope/xray/resource-policies';
import { Body, Controller, Inject, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { ControlSource } from '../dashboard/control-source.js';
import { AwsError, invalidRequest } from '../protocol/errors.js';
import { flag, optional, structure, text } from '../protocol/fields.js';
import { Operation } from '../protocol/operation.js';
import { pageStart } from '../protocol/page-token.js';
import { readRequest } from '../protocol/request.js';
import { controlSource, type Installation, installation } from '../tokens.js';
import { Edits } from './edits.js';

const named = { PolicyName: text({ min: 1, max: maxPolicyNameLength }), PolicyRevisionId: optional(text()) };
const putResourcePolicy = structure({ ...named, PolicyDocument: text(), BypassPolicyLockoutCheck: optional(flag) });
const deleteResourcePolicy = structure(named);
const listResourcePolicies = structure({ NextToken: optional(text({ min: 1, max: 100 })) });

@Controller()
export class ResourcePoliciesController {
  constructor(
    @Inject(controlSource) private readonly control: ControlSource,
    @Inject(installation) private readonly here: Installation,
    @Inject(Edits) private readonly edits: Edits,
  ) {}

  @Operation('PutResourcePolicy')
  async putResourcePolicy(@Body() body: Buffer | undefined, @Req() request: FastifyRequest): Promise<object> {
    const given = readRequest(body, putResourcePolicy);
    const { PolicyName: name, PolicyDocument: document, PolicyRevisionId: revision = null, BypassPolicyLockoutCheck } = given;
    if (!/^[\w+=,.@-]+$/.test(name)) throw invalidRequest('PolicyName can have letters, digits and _+=,.@- only');
    checkDocument(document);
    if (BypassPolicyLockoutCheck !== true && locksOut(document, this.here.accountId))
      throw new AwsError('LockoutPreventionException', 'The policy would keep its author from calling PutResourcePolicy again');
    const change = { kind: 'put resource policy' as const, name, document, revision };
    return { ResourcePolicy: policyShape(await this.edits.make('resourcePolicy', request, () => change)) };
  }

  @Operation('DeleteResourcePolicy')
  async deleteResourcePolicy(@Body() body: Buffer | undefined, @Req() request: FastifyRequest): Promise<object> {
    const { PolicyName: name, PolicyRevisionId: revision = null } = readRequest(body, deleteResourcePolicy);
    await this.edits.make('resourcePolicy', request, () => ({ kind: 'delete resource policy', name, revision }));
    return {};
  }

  /** On one page: there are few. */
  @Operation('ListResourcePolicies')
  listResourcePolicies(@Body() body: Buffer | undefined): object {
    pageStart({ operation: 'ListResourcePolicies' }, readRequest(body, listResourcePolicies).NextToken);
    return { ResourcePolicies: this.control.state.resourcePolicies.policies().map(policyShape) };
  }
}

function checkDocument(document: string): void {
  if (Buffer.byteLength(document) > maxPolicyBytes)
    throw new AwsError('PolicySizeLimitExceededException', `A policy document can have at most ${maxPolicyBytes} bytes`);
  const problem = policyProblem(document);
  if (problem !== null) throw new AwsError('MalformedPolicyDocumentException', problem);
}

function policyShape({ name, document, revision, updatedAtMs }: ResourcePolicy): object {
  return { PolicyName: name, PolicyDocument: document, PolicyRevisionId: revision, LastUpdatedTime: updatedAtMs / 1000 };
}
