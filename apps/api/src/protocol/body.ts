/**
 * The one reader of request bodies: whatever the content type, none included, a body arrives as raw bytes (undefined when
 * there is none). Bodies are bounded by route, compressed ones by what they unpack to.
 *
 * What is over the limit is read and thrown away for a while, so that the client has ended its writing and sees the answer.
 */
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { formatBytes } from '@fluoroscope/format/bytes';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isUnnamed, noteForm } from './cloudwatch-call.js';
import { AwsError } from './errors.js';

/** 50 documents of 64 KB, and what JSON adds to a document full of quotes. */
const maxSegmentsBytes = 8 * 1024 * 1024;
const maxBodyBytes = 1024 * 1024;
/** Beyond this nothing more is read, and the client may miss the answer. */
const maxDiscardedBytes = 32 * 1024 * 1024;

export type Admit = (request: FastifyRequest, body: Uint8Array) => void;

const unzip = promisify(gunzip);

/**
 * `admit` is asked with the bytes of the wire; what it throws is the answer. It is asked before a body is unpacked, unless the body
 * may say by itself what is asked for: then as soon as that is known.
 */
export function readBodiesRaw(instance: FastifyInstance, admit: Admit): void {
  instance.removeAllContentTypeParsers();
  // A content type that is no media type would be refused before any parser is asked.
  instance.addHook('onRequest', (request, _reply, done) => {
    delete request.raw.headers['content-type'];
    done();
  });
  instance.addContentTypeParser('*', async (request: FastifyRequest, payload: Readable) => {
    const wire = await collect(payload, limitOf(request));
    if (!isUnnamed(request.raw)) {
      admit(request, wire);
      return unpack(request, wire);
    }
    const body = await unpack(request, wire);
    noteForm(request.raw, body);
    admit(request, wire);
    return body;
  });
}

function limitOf(request: FastifyRequest): number {
  return request.url.split('?', 1)[0] === '/TraceSegments' ? maxSegmentsBytes : maxBodyBytes;
}

async function unpack(request: FastifyRequest, body: Buffer): Promise<Buffer> {
  const limitBytes = limitOf(request);
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || encoding === '') return body;
  if (encoding !== 'gzip') throw new AwsError('UnsupportedMediaTypeException', `Content-Encoding ${encoding} is not supported`);
  try {
    return await unzip(body, { maxOutputLength: limitBytes });
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge(limitBytes);
    throw new AwsError('SerializationException', 'The request body is not valid gzip');
  }
}

async function collect(payload: Readable, limitBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of payload as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= limitBytes) chunks.push(chunk);
    else chunks.length = 0;
    if (bytes > maxDiscardedBytes) break;
  }
  if (bytes > limitBytes) throw tooLarge(limitBytes);
  return Buffer.concat(chunks);
}

function tooLarge(limitBytes: number): AwsError {
  return new AwsError('RequestEntityTooLargeException', `The request body exceeds ${formatBytes(limitBytes)}`);
}
