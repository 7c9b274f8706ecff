/**
 * Calls that were meant for another AWS service, as happens when `AWS_ENDPOINT_URL` is set where `AWS_ENDPOINT_URL_XRAY`
 * or `AWS_ENDPOINT_URL_CLOUDWATCH` was meant. Each gets an error in the protocol that its client reads, naming the settings.
 */
import type { FastifyRequest } from 'fastify';
import { cloudWatchOperations } from '../access/policies.js';
import { cborHeaders, encodeCbor } from './rpc-cbor.js';
import type { WireAnswer } from './wire-protocol.js';

const served = `This is Fluoroscope, which serves X-Ray here, and of CloudWatch ${Object.keys(cloudWatchOperations).join(', ')}`;
const advice = `${served}. Point clients to it with AWS_ENDPOINT_URL_XRAY and AWS_ENDPOINT_URL_CLOUDWATCH (not AWS_ENDPOINT_URL, which redirects every service)`;
const unknownOperation = 'UnknownOperationException';

/** The answer in the caller's protocol; null when the request looks like none of them. */
export function otherServiceError(request: FastifyRequest, requestId: string): WireAnswer | null {
  if (request.headers['smithy-protocol'] === 'rpc-v2-cbor') return cborError();
  if (typeof request.headers['x-amz-target'] === 'string') return jsonError(request.headers['x-amz-target']);
  return actionOf(request) === null ? null : queryError(requestId);
}

/** Of an AWS Query call: in the query string, or in a form. */
function actionOf(request: FastifyRequest): string | null {
  const inUrl = new URLSearchParams(request.url.split('?')[1] ?? '').get('Action');
  if (inUrl !== null) return inUrl;
  const { body } = request;
  if (!Buffer.isBuffer(body) || !/(?:^|&)Action=/.test(body.subarray(0, maxFormPrefix).toString('latin1'))) return null;
  return new URLSearchParams(body.toString('utf8')).get('Action');
}

/** SDKs write Action first. */
const maxFormPrefix = 4_096;

function jsonError(target: string): WireAnswer {
  return {
    status: 400,
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-errortype': unknownOperation },
    body: JSON.stringify({ __type: unknownOperation, message: `${target.slice(0, 128)}: ${advice}` }),
  };
}

function queryError(requestId: string): WireAnswer {
  const error = `<Error><Type>Sender</Type><Code>InvalidAction</Code><Message>${advice}</Message></Error>`;
  return {
    status: 400,
    headers: { 'content-type': 'text/xml' },
    body: `<ErrorResponse>${error}<RequestId>${requestId}</RequestId></ErrorResponse>`,
  };
}

function cborError(): WireAnswer {
  return { status: 400, headers: cborHeaders, body: encodeCbor({ __type: unknownOperation, message: advice }) };
}
