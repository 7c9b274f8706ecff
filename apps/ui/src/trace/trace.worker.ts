/**
 * Fetches a trace and lays it out, off the main thread. Reads while the answer streams in. Keeps the trace that was opened
 * last, for details; what was asked about another is answered with nothing.
 */
import { ndjsonLines } from './lines.js';
import { type Answer, type Ask, buffersOf } from './messages.js';
import { TraceDocuments } from './trace-documents.js';

const progressMs = 200;

let current = new TraceDocuments();
let reading: AbortController | null = null;

addEventListener('message', ({ data: ask }: MessageEvent<Ask>) => {
  const { number } = ask;
  if (ask.kind === 'open') void open(ask.traceId, number);
  else if (ask.kind === 'close') close();
  else if (ask.kind === 'details') say({ number, kind: 'details', details: current.details(ask.id) });
  else if (ask.kind === 'documents') say({ number, kind: 'documents', entries: current.entries() });
  else say({ number, kind: 'document', text: current.text(ask.id) });
});

function say(answer: Answer, transfer: Transferable[] = []): void {
  postMessage(answer, { transfer });
}

function close(): void {
  reading?.abort();
  current = new TraceDocuments();
}

async function open(traceId: string, number: number): Promise<void> {
  reading?.abort();
  const abort = new AbortController();
  reading = abort;
  try {
    const response = await fetch(`/api/traces/${encodeURIComponent(traceId)}`, { signal: abort.signal });
    if (!response.ok || response.body === null) {
      say({ number, kind: 'trouble', ...(await troubleOf(response)) });
      return;
    }
    const documents = new TraceDocuments();
    await readAll(response.body, documents, number);
    documents.total = Number(response.headers.get('x-fluoroscope-documents') ?? documents.documents);
    const data = documents.layOut();
    current = documents;
    say({ number, kind: 'data', data }, buffersOf(data));
  } catch (error) {
    if (abort.signal.aborted) return;
    const message = error instanceof TypeError ? `${location.host} cannot be reached.` : String(error);
    say({ number, kind: 'trouble', message, code: 'unreachable', status: 0 });
  }
}

async function readAll(body: ReadableStream<Uint8Array>, documents: TraceDocuments, number: number): Promise<void> {
  let toldMs = performance.now();
  for await (const lines of ndjsonLines(body)) {
    for (const line of lines) documents.add(line);
    if (performance.now() - toldMs < progressMs) continue;
    toldMs = performance.now();
    say({ number, kind: 'progress', documents: documents.documents, bytes: documents.bytes });
  }
}

async function troubleOf(response: Response): Promise<{ message: string; code: string; status: number }> {
  const answer: unknown = await response.json().catch(() => null);
  const { message, code } = (answer ?? {}) as { message?: unknown; code?: unknown };
  return {
    message: typeof message === 'string' ? message : `The server answered with status ${response.status}.`,
    code: typeof code === 'string' ? code : `http_${response.status}`,
    status: response.status,
  };
}
