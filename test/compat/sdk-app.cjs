/** An app as its authors write it: two HTTP servers and an AWS call, instrumented with the unmodified X-Ray SDK. */
const http = require('node:http');
const { once } = require('node:events');
const xray = require('aws-xray-sdk-core');

const requests = Number(process.argv[2]);
xray.enableManualMode();
// Its own rules throughout: central ones may come in the middle, and sample less.
xray.middleware.disableCentralizedSampling();
xray.middleware.setSamplingRules({ version: 2, default: { fixed_target: 100, rate: 1 }, rules: [] });
xray.captureHTTPsGlobal(http, true);

/** A server whose requests are segments, as the SDK's own middlewares make them. */
function serve(name, answer) {
  return http.createServer((request, response) => {
    const header = xray.middleware.processHeaders(request);
    const segment = new xray.Segment(name, header.root, header.parent);
    segment.addIncomingRequestData(new xray.middleware.IncomingRequestData(request));
    response.on('finish', () => {
      segment.http.close(response);
      segment.close();
    });
    answer(segment, response);
  });
}

const back = serve('back', (segment, response) => {
  const call = segment.addNewSubsegment('DynamoDB');
  call.namespace = 'aws';
  call.addAttribute('aws', { operation: 'GetItem', table_name: 'orders-table', region: 'us-east-1' });
  setTimeout(() => {
    call.close();
    response.end('back');
  }, 2);
});

const front = serve('front', (segment, response) => {
  segment.addAnnotation('tier', 'gold');
  const url = `http://127.0.0.1:${back.address().port}/orders`;
  http.get(url, { XRaySegment: segment }, (answer) => {
    answer.resume();
    answer.on('end', () => response.end('front'));
  });
});

async function main() {
  for (const server of [back, front]) await once(server.listen(0, '127.0.0.1'), 'listening');
  for (let n = 0; n < requests; n++) {
    const answer = await fetch(`http://127.0.0.1:${front.address().port}/orders/${n}`);
    await answer.text();
  }
  setTimeout(() => process.exit(0), 300); // what was sent last is on its way
}

void main();
