/** Finds a trace ID in whatever was pasted: an ID as X-Ray or W3C writes it, a tracing header, an address that holds one. */
const written = /(?:^|[^0-9a-f-])(?:1-|00-)?([0-9a-f]{8})-?([0-9a-f]{24})(?![0-9a-f])/i;
/** Of a tracing header; what a load balancer adds in front of it is its own. */
const root = /\bRoot=.*/i;

/** As X-Ray writes it; null when there is none. */
export function traceIdIn(text: string): string | null {
  const plain = text.replace(/%3a|%2f/gi, '/');
  const match = written.exec(root.exec(plain)?.[0] ?? plain);
  return match ? `1-${match[1]}-${match[2]}`.toLowerCase() : null;
}
