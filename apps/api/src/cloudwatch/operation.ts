import type { Members } from '../protocol/fields.js';
import type { InputStructure, OutputStructure } from '../protocol/wire-protocol.js';

/** The call as it came, for what it tells besides its members. */
export interface ReceivedCall {
  /** Unpacked, as are the parameters of the address. */
  body: Buffer;
  query: string;
  /** `amz-sdk-invocation-id`. */
  invocationId: string | undefined;
  nowMs: number;
}

/** One operation of CloudWatch, whatever the protocol. */
export interface Operation {
  readonly input: InputStructure;
  /** Null where it has no output. Throws CloudWatchError, or AwsError for what all services of this port share. */
  run(members: Members, call: ReceivedCall): Promise<OutputStructure | null>;
}
