/**
 * What the settings say of access, read from their files: keys, and the certificate of HTTPS. At the start a file that cannot
 * be used is one line for the user; later it is logged, and what was read before stays.
 */
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { Config } from '@fluoroscope/runtime/config';
import type { Logger } from '@fluoroscope/runtime/logger';
import type { Certificate } from '../front-door.js';
import { type AccessKey, KeyRing } from './key-ring.js';

type AccessConfig = Pick<Config, 'auth' | 'keysFile' | 'tlsCert' | 'tlsKey'>;

export class Access {
  private constructor(
    private readonly config: AccessConfig,
    private readonly keys: KeyRing | undefined,
    private readonly certificate: Certificate | undefined,
  ) {}

  /** `own`: keys besides those of the file. Rejects with one line for the user. */
  static async open(config: AccessConfig, own: readonly AccessKey[] = []): Promise<Access> {
    const certificate = await certificateOf(config);
    if (config.auth === 'none' || config.keysFile === undefined) return new Access(config, undefined, certificate);
    return new Access(config, await KeyRing.open(config.keysFile, own), certificate);
  }

  /** For the api. */
  given(): { keys?: KeyRing; certificate?: Certificate } {
    const { keys, certificate } = this;
    return { ...(keys && { keys }), ...(certificate && { certificate }) };
  }

  async reload(renew: (certificate: Certificate) => void, logger: Logger): Promise<void> {
    const said = (problem: Error) => logger.error({ problem: problem.message }, 'the file cannot be used; what was read before stays');
    await this.keys?.reload().then((keys) => logger.info({ keys }, 'the keys were read again'), said);
    await certificateOf(this.config).then((certificate) => certificate && renew(certificate), said);
  }
}

async function certificateOf({ tlsCert, tlsKey }: AccessConfig): Promise<Certificate | undefined> {
  if (tlsCert === undefined || tlsKey === undefined) return undefined;
  const [cert, key] = [await readPem('FLUOROSCOPE_TLS_CERT', tlsCert), await readPem('FLUOROSCOPE_TLS_KEY', tlsKey)];
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`FLUOROSCOPE_TLS_CERT=${tlsCert} and FLUOROSCOPE_TLS_KEY=${tlsKey} are not a certificate and its key (${reason})`);
  }
  return { cert, key };
}

async function readPem(variable: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new Error(`${variable}=${path} cannot be read (${code})`);
  }
}
