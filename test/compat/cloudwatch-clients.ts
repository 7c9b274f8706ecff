/** The official client of CloudWatch in each of the three protocols that its versions speak, and what a call of it ended with. */
import { CloudWatchClient, type CloudWatchClientConfig } from '@aws-sdk/client-cloudwatch';
import { AwsJson1_0Protocol, AwsQueryProtocol, AwsSmithyRpcV2CborProtocol } from '@aws-sdk/core/protocols';

export const protocols = { json: AwsJson1_0Protocol, query: AwsQueryProtocol, cbor: AwsSmithyRpcV2CborProtocol } as const;
export type ProtocolName = keyof typeof protocols;
export const protocolNames = Object.keys(protocols) as ProtocolName[];

/** It tries once. */
export function cloudWatchOf(endpoint: string, protocol: ProtocolName = 'json', more: CloudWatchClientConfig = {}): CloudWatchClient {
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  return new CloudWatchClient({
    endpoint,
    region: 'eu-west-1',
    maxAttempts: 1,
    credentials,
    protocol: protocols[protocol] as unknown as NonNullable<CloudWatchClientConfig['protocol']>,
    ...more,
  });
}

export interface Refusal {
  /** Of the class that the client made of it. */
  name: string;
  code: string | undefined;
  status: number | undefined;
  message: string;
}

/** What the client threw; throws when it did not. */
export async function refusalOf(call: Promise<unknown>): Promise<Refusal> {
  const error = await call.then(
    () => null,
    (reason: unknown) => reason as Error & { Code?: string; $metadata?: { httpStatusCode?: number }; Error?: { Code?: string } },
  );
  if (error === null) throw new Error('the call was not refused');
  const { name, message } = error;
  return { name, code: error.Code ?? error.Error?.Code, status: error.$metadata?.httpStatusCode, message };
}
