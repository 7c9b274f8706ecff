/** The operations of X-Ray as the official client models them: their names, the shapes of their inputs, and how to call one by name. */
import * as xray from '@aws-sdk/client-xray';

/**
 * A shape of the client's schema: a number for what is simple (0 text, 1 number, 2 boolean, 4 time; 64 more for a list of it, 128
 * for a map), or a tuple that begins with its kind: 0 simple, 1 list, 2 map, 3 structure, 4 union.
 */
export type Shape = number | (() => Shape) | readonly [kind: number, ...rest: unknown[]];

export interface Structure {
  members: [name: string, shape: Shape][];
  /** The first of the members. */
  required: number;
}

type Command = Parameters<xray.XRayClient['send']>[0];
interface Operation {
  schema: readonly [kind: number, namespace: string, name: string, traits: { http: [method: string, path: string] }, input: () => Shape];
}

const commandEnd = 'Command';
const exported = xray as unknown as Record<string, new (input: object) => Command & Operation>;

export const operationNames = Object.keys(xray)
  .filter((name) => name.endsWith(commandEnd) && name.length > commandEnd.length && name !== `$${commandEnd}`)
  .map((name) => name.slice(0, -commandEnd.length))
  .toSorted();

export function send(client: xray.XRayClient, operation: string, input: object): Promise<object> {
  return client.send(commandOf(operation, input));
}

export function pathOf(operation: string): string {
  return commandOf(operation, {}).schema[3].http[1];
}

export function inputOf(operation: string): Shape {
  return commandOf(operation, {}).schema[4];
}

export function inputMembers(operation: string): string[] {
  return structureOf(inputOf(operation)).members.map(([name]) => name);
}

export function resolved(shape: Shape): Exclude<Shape, () => Shape> {
  return typeof shape === 'function' ? resolved(shape()) : shape;
}

export function structureOf(shape: Shape): Structure {
  const [, , , , names = [], shapes = [], required = 0] = resolved(shape) as [number, string, string, unknown, string[], Shape[], number?];
  return { members: names.map((name, at) => [name, shapes[at] ?? 0]), required };
}

function commandOf(operation: string, input: object): Command & Operation {
  const Constructor = exported[`${operation}${commandEnd}`];
  if (Constructor === undefined) throw new Error(`the client has no operation ${operation}`);
  return new Constructor(input);
}
