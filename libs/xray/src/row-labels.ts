/**
 * What is written in a row: a name that tells rows of one kind apart and groups them, and a note that tells one row from the
 * next. Text as it was sent; bounded, because a URL or a query may be long.
 */
import type { EntityDocument } from '@fluoroscope/contract/documents';
import { awsServiceName, resourceOf } from './inferred.js';

const maxNoteLength = 200;

export interface RowLabel {
  name: string;
  /** '' when there is nothing to add. */
  note: string;
}

export function labelOf(source: EntityDocument): RowLabel {
  if (source.namespace === 'aws') return awsLabel(source);
  return { name: source.name, note: bounded(queryOf(source) || requestOf(source)) };
}

/** `DynamoDB GetItem`, and the table. */
function awsLabel(source: EntityDocument): RowLabel {
  const operation = textOf(source.aws?.operation);
  const service = awsServiceName(source.name);
  const resource = resourceOf(source)?.name ?? textOf(source.aws?.bucket_name ?? source.aws?.topic_arn ?? source.aws?.stream_name);
  return { name: operation === '' ? service : `${service} ${operation}`, note: bounded(resource.replace(/^.*[/:](?=[^/:]+$)/, '')) };
}

function requestOf({ http }: EntityDocument): string {
  const method = textOf(http?.request?.method);
  const path = textOf(http?.request?.url).replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '');
  return `${method} ${path}`.trim();
}

function queryOf({ sql }: EntityDocument): string {
  return textOf(sql?.sanitized_query).replace(/\s+/g, ' ').trim();
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function bounded(text: string): string {
  return text.length <= maxNoteLength ? text : `${text.slice(0, maxNoteLength - 1)}…`;
}
