/**
 * Every operation against the whole product with inputs that are made from the client's own model: right ones, and such with members
 * that are missing, mistyped, null, too long or out of range. Whatever comes is answered in time, with 200 or an error that the model
 * names, and the product is as well as before.
 */
import * as xray from '@aws-sdk/client-xray';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Chance } from '../fixtures/chance.js';
import { Standalone } from '../fixtures/standalone.js';
import { rawCall } from './raw-http.js';
import { inputOf, operationNames, pathOf, resolved, type Shape, structureOf } from './xray-model.js';

const randomSeed = Number(process.env.FLUOROSCOPE_SEED ?? Math.floor(Math.random() * 1e9));
console.log(`fuzz of the operations: random seed ${randomSeed}`);
const callsPerOperation = 40;
/** An SDK waits as long before it gives up. */
const answerLimitMs = 60_000;
/** Of every route but that of segments, which takes more than is made here. */
const maxBodyBytes = 1024 * 1024;
const mistypedShare = 0.06;
const missingShare = 0.08;
const modelled = new Set(Object.keys(xray).filter((name) => name.endsWith('Exception')));

let standalone: Standalone;
beforeAll(async () => {
  standalone = await Standalone.start();
});
afterAll(() => standalone?.remove());

const nowSeconds = Math.floor(Date.now() / 1000);
const arn = 'arn:aws:xray:us-east-1:000000000000:';
/** Of members by the end of their name: what makes an input get further than its first check. */
const likely: [end: string, values: readonly unknown[]][] = [
  ['StartTime', [nowSeconds - 600, nowSeconds - 21_000, new Date(nowSeconds * 1000 - 60_000).toISOString()]],
  ['EndTime', [nowSeconds, nowSeconds + 0.5, nowSeconds - 590]],
  ['GroupName', ['Default', 'fuzz', 'nobody']],
  ['RuleName', ['Default', 'fuzz', 'nobody']],
  ['ARN', [`${arn}group/Default`, `${arn}sampling-rule/Default`, `${arn}group/gone/A`, '*']],
  ['FilterExpression', ['fault', 'service("a") { error } OR annotation.x > 5', 'responsetime >', '', 'x '.repeat(999)]],
  ['EntitySelectorExpression', ['service("a")', 'edge("a", id(type: "t"))', 'service() OR edge(']],
  ['Period', [60, 300]],
  ['TraceIds', [`1-${nowSeconds.toString(16)}-${'a'.repeat(24)}`, '1-0-0']],
  ['TraceSegmentDocuments', ['{}', '[]', `{"id":"${'b'.repeat(16)}","trace_id":"1-58406520-${'a'.repeat(24)}","name":"n","start_time":1}`]],
  ['ClientID', ['c'.repeat(24)]],
  ['Key', ['a', 'aws:a']],
  ['InsightId', ['00000000-0000-4000-8000-000000000000']],
  ['Type', ['NONE', 'KMS']],
  ['KeyId', ['alias/a']],
  ['Destination', ['XRay', 'CloudWatchLogs']],
  ['TimeRangeType', ['TraceId', 'Event', 'Service']],
  ['TraceFormat', ['XRAY', 'OTEL']],
  ['States', ['ACTIVE', 'CLOSED']],
  ['PolicyDocument', ['{"Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}}', '{"Statement":[null]}']],
  ['PolicyRevisionId', ['0', '1']],
  ['Name', ['Default', 'FixedRate']],
];
const strange = [
  null,
  0,
  -1,
  1e308,
  2 ** 53,
  0.1,
  true,
  '',
  ' ',
  '\u0000',
  '\ud800',
  '𝒳'.repeat(40),
  'a'.repeat(70_000),
  [],
  {},
  [[]],
  { a: 1 },
];

class Inputs {
  constructor(private readonly chance: Chance) {}

  structure(shape: Shape): Record<string, unknown> {
    const { members, required } = structureOf(shape);
    const given: Record<string, unknown> = {};
    for (const [at, [name, member]] of members.entries())
      if (!this.chance.hit(at < required ? missingShare : 0.5)) given[name] = this.value(member, name);
    return given;
  }

  private value(shape: Shape, name: string): unknown {
    if (this.chance.hit(mistypedShare)) return this.chance.pick(strange);
    const known = resolved(shape);
    if (typeof known === 'number') return this.simple(known, name);
    if (known[0] === 1) return this.list(() => this.value(known[4] as Shape, name));
    if (known[0] === 0) return this.simple(0, name);
    return this.structure(known);
  }

  private simple(kind: number, name: string): unknown {
    if (kind >= 128) return { [this.text('')]: this.text('') };
    if (kind >= 64) return this.list(() => this.simple(kind - 64, name));
    const hints = likely.find(([end]) => name.endsWith(end))?.[1];
    if (hints !== undefined && this.chance.hit(0.8)) return this.chance.pick(hints);
    if (kind === 2) return this.chance.hit(0.5);
    if (kind === 1) return this.chance.pick([0, 1, 0.5, 100, -1, 2 ** 31, 1e300]);
    return kind === 4 ? this.chance.pick([nowSeconds, 0, -5, nowSeconds * 1000, 'yesterday', 1e15]) : this.text(name);
  }

  private list(item: () => unknown): unknown[] {
    const length = this.chance.hit(0.05) ? 300 : this.chance.between(0, 4);
    return Array.from({ length }, item);
  }

  private text(name: string): string {
    return this.chance.pick([
      '',
      name,
      'fuzz',
      'é\u0007"\\',
      '*',
      'a'.repeat(33),
      'b'.repeat(5_000),
      '../..',
      "'; DROP TABLE documents",
      '{x:UInt8}',
    ]);
  }
}

interface Outcome {
  status: number;
  error: string | null;
}

async function call(path: string, body: string): Promise<Outcome> {
  const late = new Promise<never>((_, reject) =>
    setTimeout(() => reject(new Error(`no answer to ${path} ${body}`)), answerLimitMs).unref(),
  );
  const answer = await Promise.race([rawCall(`${standalone.httpUrl}${path}`, { body }), late]);
  const error = answer.headers['x-amzn-errortype'];
  expect(typeof JSON.parse(answer.body)).toBe('object');
  return { status: answer.status, error: typeof error === 'string' ? error : null };
}

/** What no model names is said of the request as a whole: it is larger than its route takes. */
function isModelled({ status, error }: Outcome, path: string, body: string): boolean {
  if (path !== '/TraceSegments' && Buffer.byteLength(body) > maxBodyBytes)
    return status === 413 && error === 'RequestEntityTooLargeException';
  return status === 200 ? error === null : status < 500 && modelled.has(error ?? '');
}

describe.each([1, randomSeed])('seed %i', (seed) => {
  it.each(operationNames)('%s answers whatever it is asked', async (name) => {
    const inputs = new Inputs(new Chance(seed + operationNames.indexOf(name)));
    for (let n = 0; n < callsPerOperation; n++) {
      const body = JSON.stringify(inputs.structure(inputOf(name)));
      const answer = await call(pathOf(name), body);
      expect(isModelled(answer, pathOf(name), body), `${JSON.stringify(answer)} to ${body.slice(0, 2_000)}`).toBe(true);
    }
  });

  it('leaves the product as well as it was', async () => {
    await expect.poll(async () => (await standalone.health()).body).toMatchObject({ status: 'ok' });
    expect(standalone.output).not.toContain('a request failed');
  });
});

it('gets past the first check: most operations have answered some of it', async () => {
  const inputs = new Inputs(new Chance(7));
  const answered = new Set<string>();
  for (const name of operationNames)
    for (let n = 0; n < callsPerOperation && !answered.has(name); n++)
      if ((await call(pathOf(name), JSON.stringify(inputs.structure(inputOf(name))))).status === 200) answered.add(name);
  expect(answered.size).toBeGreaterThan(operationNames.length / 2);
});
