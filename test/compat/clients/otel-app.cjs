/**
 * An app of two halves: the front is instrumented with OpenTelemetry, samples by X-Ray's central rules and hands on X-Ray's trace
 * header; the back is instrumented with the X-Ray SDK. Prints each second how many requests it had, how many of them it
 * sampled, and the IDs of the last span that was.
 */
const http = require('node:http');
const { once } = require('node:events');
const { context, defaultTextMapSetter, trace } = require('@opentelemetry/api');
const { AWSXRayPropagator } = require('@opentelemetry/propagator-aws-xray');
const { resourceFromAttributes } = require('@opentelemetry/resources');
const { AWSXRayRemoteSampler } = require('@opentelemetry/sampler-aws-xray');
const { NodeTracerProvider } = require('@opentelemetry/sdk-trace-node');
const xray = require('aws-xray-sdk-core');

const resource = resourceFromAttributes({ 'service.name': 'otel' });
const sampler = new AWSXRayRemoteSampler({ resource, endpoint: `http://${process.env.AWS_XRAY_DAEMON_ADDRESS}`, pollingInterval: 10 });
const tracer = new NodeTracerProvider({ resource, sampler }).getTracer('front');
const propagator = new AWSXRayPropagator();

xray.enableManualMode();
xray.middleware.setDefaultName('behind');
const server = http.createServer((request, response) => {
  xray.middleware.traceRequestResponseCycle(request, response);
  response.end('ok');
});
let requests = 0;
let sampled = 0;
let last = '-';

function request(url) {
  const span = tracer.startSpan('GET /orders');
  requests++;
  if (span.isRecording()) {
    const { traceId, spanId } = span.spanContext();
    sampled++;
    last = `1-${traceId.slice(0, 8)}-${traceId.slice(8)}/${spanId}`;
  }
  const headers = {};
  propagator.inject(trace.setSpan(context.active(), span), headers, defaultTextMapSetter);
  http.get(url, { headers }, (answer) => answer.resume().on('end', () => span.end()));
}

async function main() {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${server.address().port}/orders`;
  setInterval(() => request(url), 50);
  setInterval(() => {
    console.log(`${requests} ${sampled} ${last}`);
    requests = sampled = 0;
  }, 1_000);
}

void main();
