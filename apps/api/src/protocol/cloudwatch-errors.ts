/**
 * Every error that CloudWatch's operations answer, by the code that clients show (`x-amzn-query-error`, `Code` in XML), with its
 * status and its type in JSON and CBOR. Codes of the model first, then those that every AWS service shares.
 *
 * With AWS, JSON and CBOR have 400 for every error of the caller unless the request has `x-amzn-query-mode: true`. All modelled
 * ones that can happen here are 400 in any case.
 */
import { type AwsError, type ErrorCode, MemberError } from './errors.js';

export type CloudWatchErrorCode =
  | 'InvalidParameterValue'
  | 'InvalidParameterCombination'
  | 'MissingParameter'
  | 'ValidationError'
  | 'InternalServiceError'
  | 'Throttling'
  | 'InvalidAction'
  | 'MalformedInput'
  | 'AccessDenied'
  | 'MissingAuthenticationToken'
  | 'IncompleteSignature'
  | 'SignatureDoesNotMatch'
  | 'InvalidClientTokenId'
  | 'RequestEntityTooLarge'
  | 'UnsupportedMediaType';

const model = 'com.amazonaws.cloudwatch.v2010_08_01';
const coral = 'com.amazon.coral';

const kinds: Readonly<Record<CloudWatchErrorCode, { status: number; type: string }>> = {
  InvalidParameterValue: { status: 400, type: `${model}#InvalidParameterValueException` },
  InvalidParameterCombination: { status: 400, type: `${model}#InvalidParameterCombinationException` },
  MissingParameter: { status: 400, type: `${model}#MissingRequiredParameterException` },
  ValidationError: { status: 400, type: `${coral}.validate#ValidationException` },
  InternalServiceError: { status: 500, type: `${model}#InternalServiceFault` },
  // Not 429: clients know it by its code, and this is the status that they have seen.
  Throttling: { status: 400, type: 'Throttling' },
  InvalidAction: { status: 400, type: `${coral}.service#UnknownOperationException` },
  MalformedInput: { status: 400, type: `${coral}.service#SerializationException` },
  AccessDenied: { status: 403, type: `${coral}.service#AccessDeniedException` },
  MissingAuthenticationToken: { status: 403, type: `${coral}.service#MissingAuthenticationTokenException` },
  IncompleteSignature: { status: 403, type: `${coral}.service#IncompleteSignatureException` },
  SignatureDoesNotMatch: { status: 403, type: `${coral}.service#InvalidSignatureException` },
  InvalidClientTokenId: { status: 403, type: `${coral}.service#UnrecognizedClientException` },
  RequestEntityTooLarge: { status: 413, type: `${coral}.service#RequestEntityTooLargeException` },
  UnsupportedMediaType: { status: 415, type: `${coral}.service#UnsupportedMediaTypeException` },
};

/** What is shared with the other services of this port, in CloudWatch's words. What is not named is a value that is not valid. */
const shared: Partial<Record<ErrorCode, CloudWatchErrorCode>> = {
  ThrottledException: 'Throttling',
  SerializationException: 'MalformedInput',
  AccessDeniedException: 'AccessDenied',
  MissingAuthenticationTokenException: 'MissingAuthenticationToken',
  IncompleteSignatureException: 'IncompleteSignature',
  InvalidSignatureException: 'SignatureDoesNotMatch',
  UnrecognizedClientException: 'InvalidClientTokenId',
  UnknownOperationException: 'InvalidAction',
  RequestEntityTooLargeException: 'RequestEntityTooLarge',
  UnsupportedMediaTypeException: 'UnsupportedMediaType',
  InternalFailure: 'InternalServiceError',
};

/** Thrown by the operations; answered in the protocol of the call by the error filter. */
export class CloudWatchError extends Error {
  override readonly name = 'CloudWatchError';
  readonly status: number;
  /** `__type`. */
  readonly type: string;
  /** Whose fault it is. */
  readonly fault: 'Sender' | 'Receiver';

  constructor(
    readonly code: CloudWatchErrorCode,
    message: string,
  ) {
    super(message);
    const { status, type } = kinds[code];
    this.status = status;
    this.type = type;
    this.fault = status < 500 ? 'Sender' : 'Receiver';
  }
}

export function cloudWatchErrorOf(error: AwsError): CloudWatchError {
  if (!(error instanceof MemberError)) return new CloudWatchError(shared[error.code] ?? 'InvalidParameterValue', error.message);
  if (error.isMissing) return new CloudWatchError('MissingParameter', `The parameter ${parameterName(error.member)} is required.`);
  return new CloudWatchError('ValidationError', error.message);
}

/** `dimensions.1.member.name` is `Dimensions.member.1.Name`. */
function parameterName(member: string): string {
  const swapped = member.replace(/(\d+)\.member/g, 'member.$1');
  return swapped.replace(/(^|\.)([a-z])/g, (found, dot: string, letter: string, at: number) =>
    swapped.startsWith('.member.', at) ? found : `${dot}${letter.toUpperCase()}`,
  );
}
