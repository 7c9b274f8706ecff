/** Groups for the dashboard: the same changes of the control log as X-Ray's operations make, with what is wrong by member. */
import type { GroupChange } from '@fluoroscope/contract/control';
import type { GroupRecord, GroupsAnswer } from '@fluoroscope/contract/groups';
import { groupFilterProblem, groupNameProblem } from '@fluoroscope/xray/groups';
import { Body, Controller, Delete, Get, Header, Inject, Param, Post, Put, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { controlSource } from '../tokens.js';
import { newGroupId } from '../xray/group-id.js';
import { changeControl, editedOf, readBody } from './control-change.js';
import type { ControlSource } from './control-source.js';
import { DashboardError } from './errors.js';
import { invalid } from './query.js';

/** Unless somebody asks for them, by UpdateGroup. */
const noInsights = { enabled: false, notifications: false };

@Controller('api/groups')
export class SavedGroupsController {
  constructor(@Inject(controlSource) private readonly control: ControlSource) {}

  /** The group Default first, then by name. */
  @Get()
  @Header('cache-control', 'no-store')
  groups(): GroupsAnswer {
    return { groups: this.control.state.groups.records() };
  }

  @Post()
  @Header('cache-control', 'no-store')
  create(@Body() body: Buffer | undefined, @Req() request: FastifyRequest): Promise<GroupRecord> {
    const { name, expression } = readBody(body, '{"name", "expression"}');
    if (typeof name !== 'string' || typeof expression !== 'string') throw invalid('name and expression are texts');
    refuseProblems({ name: groupNameProblem(name), expression: groupFilterProblem(expression) });
    return this.change({ kind: 'create group', name, groupId: newGroupId(), expression, insights: noInsights, tags: [] }, request);
  }

  @Put(':name')
  @Header('cache-control', 'no-store')
  update(@Param('name') name: string, @Body() body: Buffer | undefined, @Req() request: FastifyRequest): Promise<GroupRecord> {
    const { expression } = readBody(body, '{"expression"}');
    if (typeof expression !== 'string') throw invalid('expression is a text');
    refuseProblems({ expression: groupFilterProblem(expression) });
    return this.change({ kind: 'update group', name, update: { expression } }, request);
  }

  @Delete(':name')
  @Header('cache-control', 'no-store')
  delete(@Param('name') name: string, @Req() request: FastifyRequest): Promise<GroupRecord> {
    return this.change({ kind: 'delete group', name }, request);
  }

  private async change(change: GroupChange, request: FastifyRequest): Promise<GroupRecord> {
    return editedOf(await changeControl(this.control, change, request), 'group');
  }
}

function refuseProblems(problems: Record<string, string | null>): void {
  const fields = Object.fromEntries(Object.entries(problems).flatMap(([name, problem]) => (problem === null ? [] : [[name, problem]])));
  const [first] = Object.values(fields);
  if (first !== undefined) throw new DashboardError('invalid_request', first, fields);
}
