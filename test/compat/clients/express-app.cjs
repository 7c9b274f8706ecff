/** An Express app that asks PostgreSQL, as its authors write it, with the unmodified X-Ray SDK for both. Serves some requests and ends. */
const { once } = require('node:events');
const express = require('express');
const xray = require('aws-xray-sdk-core');
const xrayExpress = require('aws-xray-sdk-express');
const capturePostgres = require('aws-xray-sdk-postgres');
const { Client } = capturePostgres(require('pg'));
const { startPostgres } = require('./postgres-wire.cjs');

// Its own rules throughout: central ones may come in the middle, and sample less.
xray.middleware.disableCentralizedSampling();
xray.middleware.setSamplingRules({ version: 2, default: { fixed_target: 100, rate: 1 }, rules: [] });

async function main() {
  const database = await startPostgres();
  const client = new Client({ host: '127.0.0.1', port: database.address().port, user: 'shop', database: 'orders', password: 'unused' });
  await client.connect();
  const app = express();
  app.use(xrayExpress.openSegment('express-shop'));
  app.get('/orders/:id', async (request, response) => {
    const { rows } = await client.query('SELECT total FROM orders WHERE id = 1');
    response.status(request.params.id === 'none' ? 404 : 200).json(rows);
  });
  app.use(xrayExpress.closeSegment());
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  for (const id of ['1', '2', 'none']) await (await fetch(`http://127.0.0.1:${server.address().port}/orders/${id}`)).text();
  setTimeout(() => process.exit(0), 300); // what was sent last is on its way
}

void main();
