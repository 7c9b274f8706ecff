/**
 * NextToken: where a list goes on, bound to the query that began it. A token of another query, or one that was made up, is
 * refused, as AWS does. Tokens are not secret and not signed: what one can say, a query can say as well.
 */
import { createHash } from 'node:crypto';
import { type AwsError, invalidRequest } from './errors.js';

export function pageToken(query: object, at: string): string {
  return Buffer.from(JSON.stringify([fingerprint(query), at])).toString('base64url');
}

/** What `pageToken` was given as `at`; undefined without a token. */
export function pageStart(query: object, token: string | undefined): string | undefined {
  if (token === undefined) return undefined;
  const [print, at] = parseToken(token);
  if (print !== fingerprint(query) || typeof at !== 'string') throw invalidToken();
  return at;
}

/** For pages that are counted: the index that `pageToken` was given as text; 0 without a token. */
export function pageIndex(query: object, token: string | undefined): number {
  const at = Number(pageStart(query, token) ?? 0);
  if (!Number.isSafeInteger(at) || at < 0) throw invalidToken();
  return at;
}

/** For a place that no page can have ended at. */
export function invalidToken(): AwsError {
  return invalidRequest('NextToken is not valid for this request');
}

function parseToken(token: string): unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

function fingerprint(query: object): string {
  return createHash('sha256').update(JSON.stringify(query)).digest('base64url').slice(0, 22);
}
