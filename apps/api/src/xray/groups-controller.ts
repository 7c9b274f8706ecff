/** Groups: read from memory, changed through the control log, whose order decides what is refused. */
import type { GroupChange } from '@fluoroscope/contract/control';
import type { GroupRecord } from '@fluoroscope/contract/groups';
import { Body, Controller, Inject, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { ControlSource } from '../dashboard/control-source.js';
import { Operation } from '../protocol/operation.js';
import { pageStart } from '../protocol/page-token.js';
import { readRequest } from '../protocol/request.js';
import { controlSource, type Installation, installation } from '../tokens.js';
import { Edits } from './edits.js';
import { newGroupId } from './group-id.js';
import {
  checkFilter,
  checkNewName,
  createGroup,
  type GivenGroup,
  getGroups,
  groupOf,
  groupShape,
  insightsOf,
  namedGroup,
  updateGroup,
} from './groups-shape.js';
import { tagsOf } from './tags-shape.js';

/** Unless who makes a group says otherwise. */
const noInsights = { enabled: false, notifications: false };

@Controller()
export class GroupsController {
  constructor(
    @Inject(controlSource) private readonly control: ControlSource,
    @Inject(installation) private readonly here: Installation,
    @Inject(Edits) private readonly edits: Edits,
  ) {}

  @Operation('CreateGroup')
  createGroup(@Body() body: Buffer | undefined, @Req() request: FastifyRequest): Promise<object> {
    const { GroupName: name, FilterExpression: expression = '', InsightsConfiguration, Tags = [] } = readRequest(body, createGroup);
    checkNewName(name);
    checkFilter(expression);
    const insights = insightsOf(InsightsConfiguration, noInsights);
    return this.change({ kind: 'create group', name, groupId: newGroupId(), expression, insights, tags: tagsOf(Tags) }, request);
  }

  @Operation('GetGroup')
  getGroup(@Body() body: Buffer | undefined): object {
    return { Group: groupShape(this.group(readRequest(body, namedGroup)), this.here) };
  }

  /** On one page: there are few. */
  @Operation('Groups')
  getGroups(@Body() body: Buffer | undefined): object {
    const { NextToken } = readRequest(body, getGroups);
    pageStart({ operation: 'GetGroups' }, NextToken);
    return { Groups: this.control.state.groups.records().map((group) => groupShape(group, this.here)) };
  }

  @Operation('UpdateGroup')
  async updateGroup(@Body() body: Buffer | undefined, @Req() request: FastifyRequest): Promise<object> {
    const { FilterExpression: expression, InsightsConfiguration, ...given } = readRequest(body, updateGroup);
    const { name, insights } = this.group(given);
    if (expression !== undefined) checkFilter(expression);
    const update = {
      ...(expression === undefined ? {} : { expression }),
      ...(InsightsConfiguration === undefined ? {} : { insights: insightsOf(InsightsConfiguration, insights) }),
    };
    return this.change({ kind: 'update group', name, update }, request);
  }

  @Operation('DeleteGroup')
  async deleteGroup(@Body() body: Buffer | undefined, @Req() request: FastifyRequest): Promise<object> {
    const given = readRequest(body, namedGroup);
    await this.edits.make('group', request, () => ({ kind: 'delete group', name: this.group(given).name }));
    return {};
  }

  private group(given: GivenGroup): GroupRecord {
    return groupOf(given, this.control.state.groups, this.here);
  }

  private async change(change: GroupChange, request: FastifyRequest): Promise<object> {
    return { Group: groupShape(await this.edits.make('group', request, () => change), this.here) };
  }
}
