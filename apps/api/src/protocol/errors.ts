/**
 * Every error that this surface answers, by AWS's name, with its status. A code that is not here cannot be answered.
 * X-Ray's own errors first, then those that every AWS service shares.
 */
export const errorStatuses = {
  InvalidRequestException: 400,
  ThrottledException: 429,
  ResourceNotFoundException: 404,
  RuleLimitExceededException: 400,
  TooManyTagsException: 400,
  InvalidPolicyRevisionIdException: 400,
  LockoutPreventionException: 400,
  MalformedPolicyDocumentException: 400,
  PolicyCountLimitExceededException: 400,
  PolicySizeLimitExceededException: 400,
  InvalidLookupAttributesException: 400,
  InvalidTimeRangeException: 400,
  InvalidMaxResultsException: 400,
  InvalidNextTokenException: 400,
  InvalidEventCategoryException: 400,
  SerializationException: 400,
  AccessDeniedException: 403,
  MissingAuthenticationTokenException: 403,
  IncompleteSignatureException: 403,
  InvalidSignatureException: 403,
  UnrecognizedClientException: 403,
  UnknownOperationException: 404,
  RequestEntityTooLargeException: 413,
  UnsupportedMediaTypeException: 415,
  InternalFailure: 500,
} as const;
export type ErrorCode = keyof typeof errorStatuses;

/** Thrown by whatever reads a request; answered as REST JSON by the error filter. */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  readonly status: number;

  constructor(
    readonly code: ErrorCode,
    message: string,
    /** Members that the error has besides its message. */
    private readonly details: Record<string, string> = {},
  ) {
    super(message);
    this.status = errorStatuses[code];
  }

  /** The body of the answer. */
  toJSON(): { __type: ErrorCode; Message: string } {
    return { ...this.details, __type: this.code, Message: this.message };
  }
}

/** Of a member that is missing, or that is not as it must be. */
export class MemberError extends AwsError {
  constructor(
    /** As `traceIds.2.member`; empty for the whole request. */
    readonly member: string,
    readonly isMissing: boolean,
    message: string,
  ) {
    super('InvalidRequestException', message);
  }
}

export function invalidRequest(message: string): AwsError {
  return new AwsError('InvalidRequestException', message);
}

export function resourceNotFound(message: string, resource: string): AwsError {
  return new AwsError('ResourceNotFoundException', message, { ResourceName: resource });
}

export const errorTypeHeader = 'x-amzn-errortype';
export const requestIdHeader = 'x-amzn-requestid';
