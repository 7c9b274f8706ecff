/** What Kafka answered, and which of it a user must see to: everything else is tried again. */

/** The settings or the brokers do not allow to go on; the message is one line for the user, and says what to do. */
export class KafkaProblem extends Error {
  override readonly name = 'KafkaProblem';
}

const tooLarge = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);

const problems: readonly [RegExp, (reason: string) => string][] = [
  [
    /SASLAuthenticationError|SASL_AUTHENTICATION_FAILED|UNSUPPORTED_SASL_MECHANISM|ILLEGAL_SASL_STATE/,
    (reason) => `Kafka does not let us in (${reason}): check FLUOROSCOPE_KAFKA_USER, FLUOROSCOPE_KAFKA_PASSWORD and FLUOROSCOPE_KAFKA_SASL`,
  ],
  [
    /AUTHORIZATION_FAILED/,
    (reason) => `Kafka does not allow it (${reason}): give the user of FLUOROSCOPE_KAFKA_USER the rights that docs/kafka.md names`,
  ],
  [
    /ServerDoesNotSupportApiKey|UNSUPPORTED_VERSION|UNSUPPORTED_FOR_MESSAGE_FORMAT/,
    (reason) => `This Kafka is too old (${reason}): 2.4 or newer is needed`,
  ],
  [
    /CERT|certificate|SELF_SIGNED|UNABLE_TO_VERIFY/,
    (reason) => `The certificate of the Kafka broker is not trusted (${reason}): set FLUOROSCOPE_KAFKA_CA to the file of its authority`,
  ],
];

/** Null for what may be over by itself, as a broker that does not answer. */
export function problemOf(error: unknown): KafkaProblem | null {
  if (error instanceof KafkaProblem) return error;
  const words = chainOf(error).map((one) => `${one.name} ${memberOf(one, 'type')} ${memberOf(one, 'code')} ${one.message}`);
  const found = problems.find(([pattern]) => words.some((text) => pattern.test(text)));
  return found === undefined ? null : new KafkaProblem(found[1](reasonOf(error)), { cause: error });
}

/** One message, or what is sent together, is longer than the topic takes. */
export function isTooLarge(error: unknown): boolean {
  return tooLarge.has(typeOf(error));
}

/** Kafka's own name of the error, of the first cause that has one. */
export function typeOf(error: unknown): string {
  return (
    chainOf(error)
      .map((one) => memberOf(one, 'type'))
      .find((type) => type !== '') ?? ''
  );
}

export function reasonOf(error: unknown): string {
  return chainOf(error).at(-1)?.message ?? String(error);
}

/** The error and its causes; kafkajs wraps what it has tried several times, and what it has tried for several topics. */
function chainOf(error: unknown): Error[] {
  const chain: Error[] = [];
  let one = error;
  while (one instanceof Error && !chain.includes(one)) {
    chain.push(one);
    one = 'errors' in one && Array.isArray(one.errors) ? one.errors[0] : one.cause;
  }
  return chain;
}

function memberOf(error: Error, name: 'type' | 'code'): string {
  const value = Object(error)[name];
  return typeof value === 'string' ? value : '';
}
