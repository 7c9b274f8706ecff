/** Tags of groups and sampling rules, which are all that X-Ray tags: read from memory, changed through the control log. */
import type { TagChange } from '@fluoroscope/contract/control';
import type { Tag, TaggedResource } from '@fluoroscope/contract/tags';
import { Body, Controller, Inject, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { ControlSource } from '../dashboard/control-source.js';
import { resourceNotFound } from '../protocol/errors.js';
import { list, optional, structure, text } from '../protocol/fields.js';
import { Operation } from '../protocol/operation.js';
import { pageStart } from '../protocol/page-token.js';
import { readRequest } from '../protocol/request.js';
import { controlSource, type Installation, installation } from '../tokens.js';
import { Edits } from './edits.js';
import { groupOfArn } from './groups-shape.js';
import { ruleNameOf } from './sampling-shape.js';
import { maxTagsOfRequest, tagKey, tagList, tagShape, tagsOf } from './tags-shape.js';

const resource = { ResourceARN: text({ min: 1, max: 1011 }) };
const listTags = structure({ ...resource, NextToken: optional(text()) });
const tagResource = structure({ ...resource, Tags: tagList });
const untagResource = structure({ ...resource, TagKeys: list(tagKey, { max: maxTagsOfRequest }) });

@Controller()
export class TagsController {
  constructor(
    @Inject(controlSource) private readonly control: ControlSource,
    @Inject(installation) private readonly here: Installation,
    @Inject(Edits) private readonly edits: Edits,
  ) {}

  /** On one page: there are few. */
  @Operation('ListTagsForResource')
  listTags(@Body() body: Buffer | undefined): object {
    const { ResourceARN, NextToken } = readRequest(body, listTags);
    pageStart({ operation: 'ListTagsForResource', ResourceARN }, NextToken);
    return { Tags: this.find(ResourceARN).tags.map(tagShape) };
  }

  @Operation('TagResource')
  tagResource(@Body() body: Buffer | undefined, @Req() request: FastifyRequest): Promise<object> {
    const { ResourceARN, Tags } = readRequest(body, tagResource);
    return this.change({ kind: 'tag resource', resource: this.find(ResourceARN).resource, tags: tagsOf(Tags) }, request);
  }

  @Operation('UntagResource')
  untagResource(@Body() body: Buffer | undefined, @Req() request: FastifyRequest): Promise<object> {
    const { ResourceARN, TagKeys } = readRequest(body, untagResource);
    return this.change({ kind: 'untag resource', resource: this.find(ResourceARN).resource, keys: TagKeys }, request);
  }

  private async change(change: TagChange, request: FastifyRequest): Promise<object> {
    await this.edits.make(change.resource.kind === 'group' ? 'group' : 'samplingRule', request, () => change);
    return {};
  }

  private find(arn: string): { resource: TaggedResource; tags: Tag[] } {
    const { groups, samplingRules } = this.control.state;
    const group = groupOfArn(arn, groups, this.here);
    if (group !== null) return { resource: { kind: 'group', name: group.name }, tags: group.tags };
    const record = samplingRules.record(ruleNameOf(arn, this.here) ?? '');
    if (record === null) throw resourceNotFound('There is no group and no sampling rule with this ARN', arn);
    return { resource: { kind: 'sampling rule', name: record.rule.name }, tags: record.tags };
  }
}
