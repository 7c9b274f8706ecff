/** infra/Dockerfile, its check of health, and its maker of keys. No container engine runs here, so they are read, and run as they are. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { KeyRing } from '@fluoroscope/api/api';
import { describe, expect, it } from 'vitest';
import { readCompose } from './compose.js';
import { imageStages } from './dockerfile.js';
import { read, root, trackedPaths } from './files.js';
import { scope, workspacePackages } from './packages.js';
import { importsOf } from './syntax.js';

/** Starts the engine, in a process of its own. */
const embedded = 'libs/clickhouse/src/embedded.ts';
const stages = imageStages();
const images = stages.filter(({ lines }) => lines.some(([word]) => word === 'CMD'));

describe('infra/Dockerfile', () => {
  it('builds from one Node.js of a named version, and from its own stages', () => {
    const bases = stages.map(({ base }) => base).filter((base) => !stages.some(({ name }) => name === base));
    expect([...new Set(bases)]).toEqual([expect.stringMatching(/^node:\d+\.\d+-bookworm-slim$/)]);
    const copied = stages
      .flatMap(({ lines }) => lines)
      .flatMap(([word, rest]) => (word === 'COPY' ? (/--from=(\S+)/.exec(rest)?.[1] ?? []) : []));
    expect(copied.filter((from) => !stages.some(({ name }) => name === from))).toEqual([]);
  });

  it('makes the images for processes and for everything in one, both for a user without rights', () => {
    expect(images.map(({ name }) => name)).toEqual(['processes', 'standalone']);
    for (const { name, lines } of images) expect(lines.filter(([word]) => word === 'USER').at(-1)?.[1], name).toBe('node');
  });

  it('starts a file that the build makes', () => {
    const [, command = ''] = images.at(-1)?.lines.find(([word]) => word === 'CMD') ?? [];
    const [, entry = ''] = JSON.parse(command) as string[];
    expect(trackedPaths()).toContain(entry.replace('/dist/', '/src/').replace(/\.js$/, '.ts'));
  });

  it('takes no secrets of the machine into an image, and has a folder for keys that its user may write', () => {
    expect(read('infra/Dockerfile.dockerignore').split('\n')).toEqual(expect.arrayContaining(['.git', '.env', 'data', '**/node_modules']));
    expect(read('.gitignore').split('\n')).toContain('.env');
    const [, folder = ''] = /^keys:(\S+)$/.exec(readCompose().services.keys?.volumes?.[0] ?? '') ?? [];
    const made = images[0]?.lines.find(([word]) => word === 'RUN')?.[1];
    expect(made).toBe(`mkdir ${folder} && chown node:node ${folder}`);
  });

  it('leaves out of the image for processes only what they do not load', () => {
    const removed = removedFrom('build-processes').map((path) => path.replace(/^(node_modules\/|apps\/)/, ''));
    expect(removed).toEqual(expect.arrayContaining(['chdb', 'ffi-rs']));
    for (const app of ['daemon', 'api', 'writer']) {
      const { packages, files } = loadedBy(`apps/${app}/src/main.ts`);
      expect(packages.size, app).toBeGreaterThan(5);
      expect(
        removed.filter((name) => packages.has(name)),
        app,
      ).toEqual([]);
      expect(files, app).not.toContain(embedded);
    }
    expect(loadedBy('apps/standalone/src/main.ts').files).toContain(embedded);
  });
});

describe('infra/healthy.mjs', () => {
  it.each([
    [200, 0],
    [503, 1],
  ])('turns %i into exit code %i', async (status, code) => {
    const server = createServer((request, response) => response.writeHead(request.url === '/healthz' ? status : 404).end());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    for (const host of ['loopback', '0.0.0.0', '127.0.0.1']) {
      const env = { ...process.env, FLUOROSCOPE_HOST: host, FLUOROSCOPE_HTTP_PORT: String(port) };
      const check = spawn('node', ['infra/healthy.mjs'], { cwd: root, env });
      expect((await once(check, 'exit'))[0], host).toBe(code);
    }
    server.close();
  });

  it('knows that nobody answers', () => {
    const env = { ...process.env, FLUOROSCOPE_HTTP_PORT: '1', FLUOROSCOPE_TLS_CERT: 'cert.pem' };
    expect(spawnSync('node', ['infra/healthy.mjs'], { cwd: root, env }).status).toBe(1);
  });
});

describe('infra/add-key.mjs', () => {
  it('makes a file of keys that sigv4 takes, adds to it, and refuses a name that is there', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fluoroscope-keys-'));
    const path = join(folder, 'keys.json');
    const add = (...words: string[]) => spawnSync('node', ['infra/add-key.mjs', path, ...words], { cwd: root, encoding: 'utf8' });
    try {
      const alice = add('alice', 'full').stdout;
      expect(add('checkout', 'write-only').status).toBe(0);
      for (const words of [['alice', 'full'], ['bob', 'everything'], ['x', 'full'], []]) expect(add(...words).status).toBe(1);
      const ring = await KeyRing.open(path);
      expect([ring.get('alice')?.policy, ring.get('checkout')?.policy, ring.get('bob')]).toEqual(['full', 'write-only', undefined]);
      expect(alice).toContain(ring.get('alice')?.secret);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

function removedFrom(stage: string): string[] {
  const lines = stages.find(({ name }) => name === stage)?.lines ?? [];
  return lines.flatMap(([, rest]) => (/^rm -rf (.+)$/.exec(rest)?.[1] ?? '').split(/\s+/)).filter((path) => path !== '');
}

/** All files of ours that a file's imports lead to, and the packages that these name. */
function loadedBy(entry: string): { packages: Set<string>; files: Set<string> } {
  const own = workspacePackages();
  const packages = new Set<string>();
  const files = new Set([entry]);
  for (const path of files) {
    for (const { name } of importsOf({ path, text: read(path) })) {
      const target = name
        .split('/')
        .slice(0, name.startsWith('@') ? 2 : 1)
        .join('/');
      if (name.startsWith('.')) files.add(posix.join(posix.dirname(path), name.replace(/\.js$/, '.ts')));
      else packages.add(target);
      const found = target.startsWith(scope) ? own.find((one) => one.name === target) : undefined;
      const source = found?.sources.get(`.${name.slice(target.length)}`);
      if (found !== undefined && source !== undefined) files.add(posix.join(found.folder, source));
    }
  }
  return { packages, files };
}
