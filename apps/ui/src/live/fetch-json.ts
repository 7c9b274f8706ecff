/** JSON from our own `/api/`: the body, or an ApiTrouble that says in a sentence what went wrong. */

/** How long an answer may take before the page says so. */
const answerLimitMs = 30_000;

export class ApiTrouble extends Error {
  override readonly name = 'ApiTrouble';

  constructor(
    message: string,
    /** The server's word for it; `unreachable`, `slow` and `unreadable` are ours. */
    readonly code: string,
    /** 0 when there was no answer. */
    readonly status: number,
    /** By member of what was sent, what is wrong with it. */
    readonly fields: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

let signedOut: () => void = () => {};

/** Calls when an answer says that nobody is signed in (any more). One listener. */
export function onSignedOut(listener: () => void): void {
  signedOut = listener;
}

export interface FetchOptions {
  signal?: AbortSignal;
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Sent as JSON. */
  body?: unknown;
}

/** Throws ApiTrouble, or the signal's own AbortError when the caller gave up. */
export async function fetchJson<T>(path: string, { signal, method = 'GET', body }: FetchOptions = {}): Promise<T> {
  const response = await ask(path, { signal, method, body });
  const answer: unknown = await response.json().catch(() => null);
  if (!response.ok) {
    const trouble = troubleOf(answer, response.status);
    if (trouble.code === 'signed_out') signedOut();
    throw trouble;
  }
  if (answer === null) throw new ApiTrouble('The answer could not be read.', 'unreadable', response.status);
  return answer as T;
}

async function ask(path: string, { signal, method = 'GET', body }: FetchOptions): Promise<Response> {
  const limit = AbortSignal.timeout(answerLimitMs);
  const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  try {
    return await fetch(path, { method, ...sent, signal: signal ? AbortSignal.any([signal, limit]) : limit });
  } catch (error) {
    if (signal?.aborted) throw error;
    if (limit.aborted) throw new ApiTrouble(`No answer within ${answerLimitMs / 1_000} s.`, 'slow', 0);
    throw new ApiTrouble(`${location.host} cannot be reached.`, 'unreachable', 0);
  }
}

function troubleOf(answer: unknown, status: number): ApiTrouble {
  const { message, code, fields } = (answer ?? {}) as { message?: unknown; code?: unknown; fields?: Record<string, string> };
  const sentence = typeof message === 'string' && message !== '' ? message : `The server answered with status ${status}.`;
  return new ApiTrouble(sentence, typeof code === 'string' ? code : `http_${status}`, status, fields);
}

/** What any failure says to a person. */
export function troubleFrom(error: unknown): ApiTrouble {
  if (error instanceof ApiTrouble) return error;
  return new ApiTrouble(error instanceof Error ? error.message : String(error), 'page', 0);
}
