/** A change of what people edit, as the dashboard asks for it: durable, and in what is read, when it resolves. */
import type { ControlChange, ControlRefusal, ControlRefusalCode, Edited } from '@fluoroscope/contract/control';
import { LogBroken, LogFull } from '@fluoroscope/log/log';
import type { ControlOutcome } from '@fluoroscope/xray/control-state';
import type { FastifyRequest } from 'fastify';
import { actorOf } from '../actor.js';
import type { ControlSource } from './control-source.js';
import { DashboardError, isDashboardCode } from './errors.js';
import { invalid } from './query.js';

/** Which member a refusal is about, where it is about one. */
const fieldOf: Partial<Record<ControlRefusalCode, string>> = { rule_exists: 'name', group_exists: 'name' };

export async function changeControl(control: ControlSource, change: ControlChange, request: FastifyRequest): Promise<ControlOutcome> {
  const outcome = await control.log.change(change, actorOf(request)).catch(refuse);
  if (outcome.refused !== null) throw refusalOf(outcome.refused);
  return outcome;
}

/** The thing that a change is about as it left it, or as it was when the change took it away. */
export function editedOf<Name extends keyof Edited>({ before, after }: ControlOutcome, name: Name): NonNullable<Edited[Name]> {
  const item = after[name] ?? before[name];
  if (item === undefined) throw new Error(`a change of a ${name} was not understood when it was read back`);
  return item;
}

function refuse(error: unknown): never {
  if (error instanceof LogFull || error instanceof LogBroken)
    throw new DashboardError('unavailable', `Nothing was changed: ${error.message}`);
  throw error;
}

function refusalOf({ code, message }: ControlRefusal): DashboardError {
  const field = fieldOf[code];
  return new DashboardError(isDashboardCode(code) ? code : 'invalid_request', message, field === undefined ? {} : { [field]: message });
}

/** The members of a body; `shape` says what it should have been. */
export function readBody(body: Buffer | undefined, shape: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body?.toString('utf8') ?? '');
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // As any other body that is not an object.
  }
  throw invalid(`The body is a JSON object: ${shape}`);
}
