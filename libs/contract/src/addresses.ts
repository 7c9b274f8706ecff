/** Every default port and path, in one place. */
export const defaultXrayPort = 2000;
export const defaultHttpPort = 2020;
export const socketPath = '/socket.io/';
/** What X-Ray's write-only policy allows, and all that the X-Ray port forwards. */
export const writeOnlyPaths = [
  '/TraceSegments',
  '/TelemetryRecords',
  '/GetSamplingRules',
  '/SamplingTargets',
  '/SamplingStatisticSummaries',
] as const;
/** Paths that no page of the UI may use. */
export const reservedPaths = ['/metrics', '/livez', '/healthz', '/socket.io/', '/service/', '/api/'] as const;
