/**
 * How the shop is instrumented: the X-Ray SDK as it comes from npm, in automatic mode.
 *
 * Every trace is kept (a local rule with rate 1), so that the map fills at once. A real app would leave the sampling
 * rules to X-Ray. The SDK is told where to send by AWS_XRAY_DAEMON_ADDRESS and by nothing else.
 */
import http from 'node:http';
import AWSXRay from 'aws-xray-sdk-core';

/** A service of the shop, as it appears on the map. */
export interface ServiceIdentity {
  /** The segments' name, and the host name that callers use. */
  name: string;
  /** Where it claims to run; becomes the node's Type. On a real machine the SDK's ECS and EC2 plugins set it. */
  origin: string;
  version: string;
}

export function enableTracing(): void {
  AWSXRay.captureHTTPsGlobal(http);
  AWSXRay.middleware.disableCentralizedSampling();
  AWSXRay.middleware.setSamplingRules({ version: 2, default: { fixed_target: 0, rate: 1 } });
  AWSXRay.middleware.setDefaultName('shop');
  // The load generator calls the gateway outside any segment, as a browser would.
  AWSXRay.setContextMissingStrategy('IGNORE_ERROR');
}

/** Opens the segment of one request and runs `work` inside it; the SDK closes the segment when the response is sent. */
export function traceRequest(
  identity: ServiceIdentity,
  exchange: { request: http.IncomingMessage; response: http.ServerResponse },
  work: (segment: AWSXRay.Segment) => Promise<void>,
): Promise<void> {
  const segment = AWSXRay.middleware.traceRequestResponseCycle(exchange.request, exchange.response);
  identify(segment, identity);
  return runInside(segment, () => work(segment));
}

/** Opens the segment of one message, continuing the trace of whoever sent it, and closes it after `work`. */
export function traceMessage(identity: ServiceIdentity, traceHeader: string, work: () => Promise<void>): Promise<void> {
  const { root, parent } = AWSXRay.utils.processTraceData(traceHeader);
  const segment = new AWSXRay.Segment(identity.name, root, parent);
  identify(segment, identity);
  return runInside(segment, async () => {
    try {
      await work();
      segment.close();
    } catch (error) {
      segment.close(asError(error));
    }
  });
}

/**
 * One call to something that sends no segments of its own: a subsegment that `work` fills in and that is closed when it
 * settles. This is what the SDK's own captures of the AWS SDK and of database drivers do.
 */
export function traceCall<T>(name: string, work: (subsegment: AWSXRay.Subsegment) => Promise<T>): Promise<T> {
  return AWSXRay.captureAsyncFunc(name, async (subsegment) => {
    if (subsegment === undefined) throw new Error(`the call to ${name} was made outside a segment`);
    try {
      const result = await work(subsegment);
      subsegment.close();
      return result;
    } catch (error) {
      subsegment.close(asError(error), true);
      throw error;
    }
  });
}

/** The trace header that a message carries to its consumer, naming the call that sends it as parent. */
export function traceHeader(): string {
  const current = AWSXRay.getSegment();
  if (current === undefined) throw new Error('no segment is open');
  const segment = 'segment' in current ? current.segment : current;
  return `Root=${segment.trace_id};Parent=${current.id};Sampled=1`;
}

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function identify(segment: AWSXRay.Segment, identity: ServiceIdentity): void {
  segment.name = identity.name;
  segment.origin = identity.origin;
  segment.setServiceData({ name: identity.name, version: identity.version, runtime: 'node', runtime_version: process.version });
}

/** Not `runPromise`: it leaves the context only when the promise settles, and whatever runs meanwhile would inherit it. */
function runInside(segment: AWSXRay.Segment, work: () => Promise<void>): Promise<void> {
  return AWSXRay.getNamespace().runAndReturn(() => {
    AWSXRay.setSegment(segment);
    return work();
  });
}
