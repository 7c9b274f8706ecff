import { awsJson } from './aws-json.js';
import { awsQuery } from './aws-query.js';
import type { CloudWatchCall } from './cloudwatch-call.js';
import { rpcCbor } from './rpc-cbor.js';
import type { WireProtocol } from './wire-protocol.js';

export const cloudWatchProtocols: Readonly<Record<CloudWatchCall['protocol'], WireProtocol>> = {
  json: awsJson,
  query: awsQuery,
  cbor: rpcCbor,
};
