/**
 * The traffic of the benchmark: traces of three segments over twenty services, every document different from every other,
 * each datagram 1,400 bytes long. A document has two subsegments: a call to the next service (of the last one: to a host that
 * sends nothing) and a DynamoDB call. Two documents in three name the call of another document as their parent.
 *
 * Made from templates into which IDs, times and random text are written, so that sending costs little. What was sent
 * follows from how often each template was used: `graphOf` is the service graph that the product has to show.
 */
export const datagramBytes = 1400;
/** Segment and two subsegments. */
export const rowsPerSegment = 3;
/** Segments of one trace; part 0 is the last service of the chain, which ends first. */
const partsPerTrace = 3;
/** Documents whose traces are mixed: callees of the whole block, then their callers. */
const tracesPerBlock = 100;
export const documentsPerBlock = tracesPerBlock * partsPerTrace;
/** In one block of so many the callers come first. */
const callersFirstEvery = 5;

const header = '{"format":"json","version":1}\n';
const serviceType = 'AWS::ECS::Container';
const names = (prefix, count) => Array.from({ length: count }, (_, at) => `${prefix}-${String(at + 1).padStart(2, '0')}`);
const gateways = names('gateway', 4);
const middles = names('orders', 8);
const leaves = names('stock', 8);
/** Paths through the services: one of each layer. */
const paths = Array.from({ length: 20 }, (_, at) => [leaves[(at * 3) % 8], middles[(at * 5) % 8], gateways[at % 4]]);
const okVariants = 5;
const troubles = [
  { status: 404, flags: { error: true }, outcome: 1 },
  { status: 429, flags: { error: true, throttle: true }, outcome: 2 },
  { status: 500, flags: { fault: true }, outcome: 3 },
];
const variants = okVariants + troubles.length;
/** Milliseconds of the call's segment; powers spread them like real response times. */
const durations = Array.from({ length: 1024 }, (_, at) => 2 + 250 * (at / 1024) ** 4);

/** 32 bits that look random; different for different `value`. */
export function mix(value, seed) {
  let x = (value ^ seed) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x85eb_ca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2_ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

const slot = {
  traceTime: 'aaaaaaaa',
  trace: 'b'.repeat(24),
  own: 'c'.repeat(16),
  parent: 'd'.repeat(16),
  call: 'e'.repeat(16),
  table: 'f'.repeat(16),
};
const timeSlots = [
  '1700000001.000011',
  '1700000002.000012',
  '1700000003.000013',
  '1700000004.000014',
  '1700000005.000015',
  '1700000006.000016',
];
const times = timeSlots.map(Number);
/** Of random text, by its length. */
const textSlots = ['R'.repeat(52), 'S'.repeat(36), 'U'.repeat(64), 'W'.repeat(24)];

function documentOf(path, part, variant) {
  const trouble = troubles[variant - okVariants];
  const name = paths[path][part];
  const callee = part === 0 ? `partner-${path % 4}.example.com` : paths[path][part - 1];
  const status = trouble?.status ?? 200;
  return {
    trace_id: `1-${slot.traceTime}-${slot.trace}`,
    id: slot.own,
    ...(part === partsPerTrace - 1 ? {} : { parent_id: slot.parent }),
    name,
    start_time: times[0],
    end_time: times[1],
    origin: serviceType,
    ...trouble?.flags,
    http: {
      request: {
        method: variant % 2 ? 'POST' : 'GET',
        url: `https://${name}.example.com/api/v1/items/${path}?cursor=${textSlots[3]}`,
        client_ip: '10.20.30.40',
        user_agent: 'node',
      },
      response: { status, content_length: 512 + variant },
    },
    aws: { xray: { sdk: 'X-Ray for Node.js', sdk_version: '3.12.0', package: 'aws-xray-sdk' } },
    annotations: { customer: textSlots[1], plan: ['free', 'team', 'business'][path % 3], retry: variant === 1, items: variant },
    subsegments: [
      {
        id: slot.call,
        name: callee,
        start_time: times[2],
        end_time: times[3],
        namespace: 'remote',
        ...(part === 0 ? {} : { traced: true }),
        ...(variant === variants - 1 ? { fault: true } : {}),
        http: {
          request: { method: 'GET', url: `https://${callee}/v1`, traced: part !== 0 },
          response: { status: variant === variants - 1 ? 502 : 200 },
        },
      },
      {
        id: slot.table,
        name: 'DynamoDB',
        start_time: times[4],
        end_time: times[5],
        namespace: 'aws',
        aws: {
          operation: variant % 2 ? 'PutItem' : 'GetItem',
          table_name: `table-${path % 10}`,
          region: 'eu-central-1',
          request_id: textSlots[0],
          retries: 0,
        },
      },
    ],
    metadata: { app: { session: textSlots[2], note: '' } },
  };
}

const words = Array.from({ length: 500 }, (_, at) =>
  mix(at, 7)
    .toString(36)
    .slice(0, 2 + (at % 6)),
);

class Template {
  constructor(path, part, variant) {
    this.path = path;
    this.part = part;
    this.variant = variant;
    const document = documentOf(path, part, variant);
    const missing = datagramBytes - header.length - Buffer.byteLength(JSON.stringify(document));
    let note = '';
    for (let at = 0; note.length < missing; at++) note += `${words[mix(at, path * 64 + part * 16 + variant) % words.length]} `;
    document.metadata.app.note = note.slice(0, Math.max(0, missing));
    const text = header + JSON.stringify(document);
    this.bytes = Buffer.from(text);
    const at = (what) => text.indexOf(what);
    this.trace = at(slot.trace);
    this.traceTime = at(slot.traceTime);
    this.own = at(slot.own);
    this.parent = at(slot.parent);
    this.call = at(slot.call);
    this.table = at(slot.table);
    this.times = timeSlots.map(at);
    this.texts = textSlots.map((one) => [at(one), one.length]);
    if (this.bytes.length !== datagramBytes || [...this.times, ...this.texts.map(([place]) => place)].includes(-1))
      throw new Error('a template does not fit');
  }
}

export const templates = [];
for (let path = 0; path < paths.length; path++)
  for (let part = 0; part < partsPerTrace; part++)
    for (let variant = 0; variant < variants; variant++) templates.push(new Template(path, part, variant));

const hex = Buffer.from('0123456789abcdef');
const randomTextBytes = 8 * 1024 * 1024;
const seeds = { traceA: 11, traceB: 22, traceC: 33, high: 44, low: 55, choice: 66 };

/** Writes documents one after the other; `counts` says how often each template was used. */
export class DocumentWriter {
  counts = new Array(templates.length).fill(0);
  #salt;
  /** In the IDs of the block's traces. */
  #blockSeconds = 0;
  #text = Buffer.alloc(randomTextBytes);

  /** Two writers with different salts write different documents. */
  constructor(salt) {
    this.#salt = salt >>> 0;
    for (let at = 0; at < randomTextBytes; at++) this.#text[at] = hex[(mix(at >> 3, salt) >>> (4 * (at & 7))) & 15];
  }

  /** Document `number` at `nowMicros`, into `buffer` at `at`. */
  write(buffer, at, number, nowMicros) {
    const block = Math.floor(number / documentsPerBlock);
    const inBlock = number % documentsPerBlock;
    if (inBlock === 0) this.#blockSeconds = Math.floor(nowMicros / 1e6);
    const layer = Math.floor(inBlock / tracesPerBlock);
    const part = block % callersFirstEvery === 0 ? partsPerTrace - 1 - layer : layer;
    const trace = block * tracesPerBlock + (inBlock % tracesPerBlock);
    const choice = mix(trace, seeds.choice ^ this.#salt);
    const index = (choice % paths.length) * partsPerTrace * variants + part * variants + this.#variant(trace, part);
    this.counts[index]++;
    const template = templates[index];
    template.bytes.copy(buffer, at);
    this.#writeIds(buffer, at, { template, trace, part });
    this.#writeTimes(buffer, at, { template, nowMicros, longMicros: durations[(choice >>> 8) & 1023] * 1000 * (part + 1) });
    this.#writeTexts(buffer, at, { template, number });
  }

  /** One in eight has some trouble. */
  #variant(trace, part) {
    const draw = mix(trace * partsPerTrace + part, seeds.choice + this.#salt) & 31;
    return draw < 28 ? draw % okVariants : okVariants + (draw % troubles.length);
  }

  #writeIds(buffer, at, { template, trace, part }) {
    writeHex(buffer, at + template.traceTime, this.#blockSeconds);
    for (const [word, seed] of [seeds.traceA, seeds.traceB, seeds.traceC].entries())
      writeHex(buffer, at + template.trace + 8 * word, mix(trace, seed ^ this.#salt));
    this.#writeId(buffer, at + template.own, trace * 16 + part);
    this.#writeId(buffer, at + template.call, trace * 16 + 4 + part);
    this.#writeId(buffer, at + template.table, trace * 16 + 8 + part);
    if (template.parent !== -1) this.#writeId(buffer, at + template.parent, trace * 16 + 4 + part + 1);
  }

  #writeId(buffer, at, number) {
    writeHex(buffer, at, mix(number, seeds.high ^ this.#salt));
    writeHex(buffer, at + 8, mix(number, seeds.low + this.#salt));
  }

  #writeTimes(buffer, at, { template, nowMicros, longMicros }) {
    const start = nowMicros - longMicros;
    const marks = [0, 1, 0.1, 0.8, 0.85, 0.95];
    for (let which = 0; which < marks.length; which++) writeTime(buffer, at + template.times[which], start + longMicros * marks[which]);
  }

  #writeTexts(buffer, at, { template, number }) {
    let from = mix(number, this.#salt) % (randomTextBytes - 256);
    for (const [place, length] of template.texts) {
      this.#text.copy(buffer, at + place, from, from + length);
      from += length;
    }
  }
}

function writeHex(buffer, at, word) {
  for (let digit = 0; digit < 8; digit++) buffer[at + digit] = hex[(word >>> (28 - 4 * digit)) & 15];
}

/** Seconds with six decimals, 17 characters. */
function writeTime(buffer, at, micros) {
  let seconds = Math.floor(micros / 1e6);
  let rest = Math.floor(micros - seconds * 1e6);
  for (let digit = 9; digit >= 0; digit--) {
    buffer[at + digit] = 48 + (seconds % 10);
    seconds = Math.floor(seconds / 10);
  }
  for (let digit = 16; digit >= 11; digit--) {
    buffer[at + digit] = 48 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
}

/** Nodes and edges with [ok, error, throttle, fault], by name: what these documents make. */
export function graphOf(counts) {
  const graph = new Map();
  const add = (key, outcome, count) => {
    const row = graph.get(key) ?? [0, 0, 0, 0];
    row[outcome] += count;
    graph.set(key, row);
  };
  for (const [index, count] of counts.entries()) if (count > 0) addTemplate(templates[index], count, add);
  return graph;
}

function addTemplate({ path, part, variant }, count, add) {
  const outcome = troubles[variant - okVariants]?.outcome ?? 0;
  const callOutcome = variant === variants - 1 ? 3 : 0;
  const own = nodeName(serviceType, paths[path][part]);
  add(own, outcome, count);
  if (part === partsPerTrace - 1) add(`${nodeName('client', paths[path][part])} > ${own}`, outcome, count);
  const callee = part === 0 ? nodeName('remote', `partner-${path % 4}.example.com`) : nodeName(serviceType, paths[path][part - 1]);
  add(`${own} > ${callee}`, callOutcome, count);
  if (part === 0) add(callee, callOutcome, count);
  const table = nodeName('AWS::DynamoDB::Table', `table-${path % 10}`);
  add(table, 0, count);
  add(`${own} > ${table}`, 0, count);
}

export function nodeName(type, name) {
  return `${type} ${name}`;
}
