/**
 * What an account sets for itself: encryption, indexing, and where segments go. Here these are kept and answered, and change nothing
 * else (docs/fidelity.md says why). AWS takes a while to change them, and says so until then; clients wait for the end.
 */
import { type EncryptionConfig, type IndexingRule, maxKeyIdLength } from '@fluoroscope/contract/account-settings';
import { Body, Controller, Inject, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { ControlSource } from '../dashboard/control-source.js';
import { invalidRequest, resourceNotFound } from '../protocol/errors.js';
import { number, oneOf, optional, structure, text } from '../protocol/fields.js';
import { Operation } from '../protocol/operation.js';
import { pageStart } from '../protocol/page-token.js';
import { readRequest } from '../protocol/request.js';
import { controlSource } from '../tokens.js';
import { Edits } from './edits.js';

const putEncryptionConfig = structure({ Type: oneOf('NONE', 'KMS'), KeyId: optional(text({ min: 1, max: maxKeyIdLength })) });
const getIndexingRules = structure({ NextToken: optional(text()) });
const updateIndexingRule = structure({
  Name: text({ min: 1, max: 32 }),
  Rule: structure({ Probabilistic: structure({ DesiredSamplingPercentage: number({ min: 0, max: 100 }) }) }),
});
const updateDestination = structure({ Destination: optional(oneOf('XRay', 'CloudWatchLogs')) });
const nothing = structure({});

/** As KMS names a key: by its ID, its alias, or the ARN of either. */
const keyId =
  /^(arn:[\w-]+:kms:[\w-]+:\d{12}:(key\/[\w-]+|alias\/[\w/-]+)|alias\/[\w/-]+|mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

@Controller()
export class AccountSettingsController {
  constructor(
    @Inject(controlSource) private readonly control: ControlSource,
    @Inject(Edits) private readonly edits: Edits,
  ) {}

  @Operation('EncryptionConfig')
  getEncryptionConfig(@Body() body: Buffer | undefined): object {
    readRequest(body, nothing);
    return encryptionShape(this.control.state.settings.current.encryption, 'ACTIVE');
  }

  @Operation('PutEncryptionConfig')
  async putEncryptionConfig(@Body() body: Buffer | undefined, @Req() request: FastifyRequest): Promise<object> {
    const encryption = encryptionOf(readRequest(body, putEncryptionConfig));
    const change = { kind: 'put encryption config' as const, encryption };
    return encryptionShape(await this.edits.make('encryption', request, () => change), 'UPDATING');
  }

  /** There is one, and so one page. */
  @Operation('GetIndexingRules')
  getIndexingRules(@Body() body: Buffer | undefined): object {
    pageStart({ operation: 'GetIndexingRules' }, readRequest(body, getIndexingRules).NextToken);
    return { IndexingRules: [indexingShape(this.control.state.settings.current.indexingRule)] };
  }

  @Operation('UpdateIndexingRule')
  async updateIndexingRule(@Body() body: Buffer | undefined, @Req() request: FastifyRequest): Promise<object> {
    const { Name: name, Rule } = readRequest(body, updateIndexingRule);
    if (name !== this.control.state.settings.current.indexingRule.name)
      throw resourceNotFound(`The indexing rule ${name} does not exist`, name);
    const change = { kind: 'update indexing rule' as const, name, percentage: Rule.Probabilistic.DesiredSamplingPercentage };
    return { IndexingRule: indexingShape(await this.edits.make('indexingRule', request, () => change)) };
  }

  @Operation('GetTraceSegmentDestination')
  getTraceSegmentDestination(@Body() body: Buffer | undefined): object {
    readRequest(body, nothing);
    return { Destination: this.control.state.settings.current.destination, Status: 'ACTIVE' };
  }

  @Operation('UpdateTraceSegmentDestination')
  async updateTraceSegmentDestination(@Body() body: Buffer | undefined, @Req() request: FastifyRequest): Promise<object> {
    const { Destination: destination } = readRequest(body, updateDestination);
    if (destination === undefined) throw invalidRequest('Destination is required');
    const change = { kind: 'update trace segment destination' as const, destination };
    return { Destination: await this.edits.make('destination', request, () => change), Status: 'PENDING' };
  }
}

function encryptionOf({ Type: type, KeyId }: { Type: 'NONE' | 'KMS'; KeyId?: string | undefined }): EncryptionConfig {
  if (type === 'KMS' && KeyId === undefined) throw invalidRequest('KeyId is required when Type is KMS');
  if (type === 'NONE' && KeyId !== undefined) throw invalidRequest('KeyId can be given only when Type is KMS');
  if (KeyId !== undefined && !keyId.test(KeyId)) throw invalidRequest('KeyId must be the ID, the alias or the ARN of a KMS key');
  return { type, keyId: KeyId ?? null };
}

function encryptionShape({ type, keyId: KeyId }: EncryptionConfig, Status: 'UPDATING' | 'ACTIVE'): object {
  return { EncryptionConfig: KeyId === null ? { Type: type, Status } : { Type: type, KeyId, Status } };
}

/** Whatever is desired, every trace is indexed here. */
const actualPercentage = 100;

function indexingShape({ name, percentage, modifiedAtMs }: IndexingRule): object {
  const Probabilistic = { DesiredSamplingPercentage: percentage, ActualSamplingPercentage: actualPercentage };
  return { Name: name, ModifiedAt: modifiedAtMs / 1000, Rule: { Probabilistic } };
}
