/** The health check of a container: whether this process says of itself, on its own HTTP port, that it can do its part. */
import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';

const { FLUOROSCOPE_HOST: bound = '', FLUOROSCOPE_HTTP_PORT: port = '2020', FLUOROSCOPE_TLS_CERT: certificate } = process.env;
const host = isIP(bound) === 0 || ['0.0.0.0', '::'].includes(bound) ? '127.0.0.1' : bound;
const { get } = certificate ? https : http;
const end = (isHealthy) => process.exit(isHealthy ? 0 : 1);

// The certificate names the host that people use, which this connection within the container is not.
get({ host, port, path: '/healthz', rejectUnauthorized: false }, ({ statusCode }) => end(statusCode === 200)).on('error', () => end(false));
