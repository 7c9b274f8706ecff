/** HTTPS: the certificate is shown, cookies are kept to it, and SIGHUP renews it, as whoever renews certificates sends it. */
import { spawnSync } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { request as secureRequest } from 'node:https';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Standalone, temporaryFolder } from '../fixtures/standalone.js';
import { until } from './live-client.js';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
if (!hasOpenssl) console.log('compat: openssl is not here, so HTTPS was not tried');

const reader = { id: 'READER', secret: 'the-secret-of-READER', policy: 'read-only' };

let folder = '';
let secure: Standalone;

describe.skipIf(!hasOpenssl)('with a certificate', () => {
  beforeAll(async () => {
    folder = await temporaryFolder();
    makeCertificate('somewhere');
    const keysFile = join(folder, 'keys.json');
    await writeFile(keysFile, JSON.stringify({ keys: [reader] }), { mode: 0o600 });
    const env = { FLUOROSCOPE_AUTH: 'sigv4', FLUOROSCOPE_KEYS_FILE: keysFile };
    secure = await Standalone.start({
      env: { ...env, FLUOROSCOPE_TLS_CERT: certificatePath(), FLUOROSCOPE_TLS_KEY: certificateKeyPath() },
    });
  });
  afterAll(async () => {
    await secure?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it('the HTTP port speaks HTTPS, cookies are for HTTPS only, and the X-Ray port still reaches the api', async () => {
    expect(secure.httpUrl).toMatch(/^https:/);
    const { status, cookie } = await callOverTls(secure.httpUrl, { method: 'POST', body: JSON.stringify(reader) });
    expect([status, cookie]).toEqual([200, expect.stringMatching(/; HttpOnly; SameSite=Strict; Secure$/)]);
    const forwarded = await fetch(`http://127.0.0.1:${secure.xrayPort}/GetSamplingRules`, { method: 'POST' });
    expect(forwarded.status).toBe(200);
  });

  it('shows a new one from SIGHUP on, keeps it when the next cannot be used, and signs nobody out', async () => {
    const { cookie } = await callOverTls(secure.httpUrl, { method: 'POST', body: JSON.stringify(reader) });
    const seen = async () => {
      const { name, text } = await callOverTls(secure.httpUrl, { cookie: cookie.split(';')[0] });
      return [name, (JSON.parse(text) as { key: { id: string } | null }).key?.id];
    };
    expect(await seen()).toEqual(['somewhere', 'READER']);
    makeCertificate('elsewhere');
    process.kill(secure.pid, 'SIGHUP');
    await expect.poll(seen).toEqual(['elsewhere', 'READER']);
    await writeFile(certificatePath(), 'no certificate');
    process.kill(secure.pid, 'SIGHUP');
    await until(() => secure.output.includes('what was read before stays'));
    expect(await seen()).toEqual(['elsewhere', 'READER']);
  });
});

const certificatePath = () => join(folder, 'cert.pem');
const certificateKeyPath = () => join(folder, 'key.pem');

function makeCertificate(name: string): void {
  const kind = ['-subj', `/CN=${name}`, '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-days', '2'];
  spawnSync('openssl', ['req', '-x509', '-nodes', ...kind, '-keyout', certificateKeyPath(), '-out', certificatePath()]);
}

interface SecureAnswer {
  status: number;
  cookie: string;
  text: string;
  /** Whom the certificate names. */
  name: string | undefined;
}

/** `/api/session`, by a connection of its own; the certificate is nobody's that is known. */
function callOverTls(url: string, { method = 'GET', body = '', cookie = '' }): Promise<SecureAnswer> {
  return new Promise((resolve, reject) => {
    const options = { method, headers: { cookie }, rejectUnauthorized: false, agent: false } as const;
    const request = secureRequest(`${url}/api/session`, options, (response) => {
      const name = (response.socket as TLSSocket).getPeerCertificate().subject?.CN;
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      const { statusCode: status = 0, headers } = response;
      response.on('end', () => resolve({ status, cookie: headers['set-cookie']?.[0] ?? '', text, name: name?.toString() }));
    });
    request.on('error', reject).end(body);
  });
}
