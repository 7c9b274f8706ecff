/** An app with the unmodified X-Ray SDK, which samples by central rules; prints each second what it has sampled. */
const http = require('node:http');
const { once } = require('node:events');
const xray = require('aws-xray-sdk-core');

xray.enableManualMode();
xray.middleware.setDefaultName(process.argv[2]);
let requests = 0;
let sampled = 0;

const server = http.createServer((request, response) => {
  const segment = xray.middleware.traceRequestResponseCycle(request, response);
  requests++;
  if (!segment.notTraced) sampled++;
  response.end('ok');
});

// Every five minutes the SDK reads the rules; what it does then, it does now.
process.on('SIGUSR2', () => xray.middleware.sampler.rulePoller.start());

async function main() {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${server.address().port}/orders`;
  setInterval(() => http.get(url, (answer) => answer.resume()), Number(process.argv[3] ?? 20));
  setInterval(() => {
    console.log(`${requests} ${sampled}`);
    requests = sampled = 0;
  }, 1_000);
}

void main();
