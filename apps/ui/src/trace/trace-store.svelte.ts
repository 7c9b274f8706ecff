/**
 * The open trace on the page's side: asks the worker, keeps what it answers until something newer is there, and says how
 * things are. While documents still come it is read again, at most once in `againMs`; what is shown stays until then.
 */
import { ApiTrouble } from '../live/fetch-json.js';
import type { Answer, Ask, DocumentEntry, RowDetails, TraceData } from './messages.js';
import { leaveWorker, nextNumber, takeWorker } from './trace-workers.js';

/** Between two readings of one trace. */
const againMs = 1_000;

export type TracePhase = 'loading' | 'ready' | 'unknown' | 'trouble';
type Question = Ask extends infer One ? (One extends { number: number } ? Omit<One, 'number'> : never) : never;

export class TraceStore {
  data = $state.raw<TraceData | null>(null);
  phase = $state.raw<TracePhase>('loading');
  /** What went wrong with the last reading; what was read before is still there. */
  trouble = $state.raw<ApiTrouble | null>(null);
  /** Documents read so far, while the first reading runs. */
  progress = $state.raw(0);
  busy = $state.raw(false);
  /** Read, but not shown: it would move what is being read. */
  waiting = $state.raw<TraceData | null>(null);

  #traceId = '';
  #worker: Worker | null = null;
  #opened = 0;
  #again: ReturnType<typeof setTimeout> | null = null;
  #readAtMs = 0;
  /** Documents came while it was read: what was read may be without them. */
  #changed = false;
  readonly #asked = new Map<number, (answer: Answer | null) => void>();
  readonly #mayReplace: (next: TraceData) => boolean;

  constructor(mayReplace: (next: TraceData) => boolean) {
    this.#mayReplace = mayReplace;
  }

  open(traceId: string): void {
    if (traceId === this.#traceId) return;
    this.#traceId = traceId;
    this.data = null;
    this.waiting = null;
    this.trouble = null;
    this.phase = 'loading';
    this.progress = 0;
    this.read();
  }

  read(): void {
    this.#stopWaiting();
    this.busy = true;
    this.#readAtMs = performance.now();
    this.#opened = this.#post({ kind: 'open', traceId: this.#traceId });
  }

  /** Documents of the trace have come: reads it again, soon. */
  readAgain(): void {
    this.#changed = this.busy;
    if (this.#again !== null || this.busy) return;
    this.#again = setTimeout(() => this.read(), Math.max(0, this.#readAtMs + againMs - performance.now()));
  }

  showWaiting(): void {
    if (this.waiting) this.data = this.waiting;
    this.waiting = null;
  }

  async details(id: string): Promise<RowDetails | null> {
    const answer = await this.#ask({ kind: 'details', id });
    return answer?.kind === 'details' ? answer.details : null;
  }

  async documents(): Promise<DocumentEntry[]> {
    const answer = await this.#ask({ kind: 'documents' });
    return answer?.kind === 'documents' ? answer.entries : [];
  }

  async document(id: string): Promise<string | null> {
    const answer = await this.#ask({ kind: 'document', id });
    return answer?.kind === 'document' ? answer.text : null;
  }

  stop(): void {
    this.#stopWaiting();
    if (this.#worker !== null) leaveWorker(this.#worker);
    this.#worker = null;
    for (const answered of this.#asked.values()) answered(null);
    this.#asked.clear();
  }

  #stopWaiting(): void {
    if (this.#again !== null) clearTimeout(this.#again);
    this.#again = null;
  }

  #ask(question: Question): Promise<Answer | null> {
    return new Promise((resolve) => this.#asked.set(this.#post(question), resolve));
  }

  #post(question: Question): number {
    this.#worker ??= this.#startWorker();
    const number = nextNumber();
    this.#worker.postMessage({ ...question, number } as Ask);
    return number;
  }

  #startWorker(): Worker {
    const worker = takeWorker();
    worker.onmessage = ({ data: answer }: MessageEvent<Answer>) => {
      const answered = this.#asked.get(answer.number);
      this.#asked.delete(answer.number);
      if (answered) answered(answer);
      else if (answer.number === this.#opened) this.#follow(answer);
    };
    return worker;
  }

  #follow(answer: Answer): void {
    if (answer.kind === 'progress') this.progress = answer.documents;
    else if (answer.kind === 'data') this.#take(answer.data);
    else if (answer.kind === 'trouble') this.#fail(answer);
  }

  #take(data: TraceData): void {
    this.busy = false;
    this.trouble = null;
    this.phase = 'ready';
    if (this.data === null || this.#mayReplace(data)) {
      this.data = data;
      this.waiting = null;
    } else this.waiting = data;
    if (this.#changed) this.readAgain();
  }

  #fail({ message, code, status }: { message: string; code: string; status: number }): void {
    this.busy = false;
    if (code === 'unknown_trace' && this.data === null) {
      this.phase = 'unknown';
      return;
    }
    this.trouble = new ApiTrouble(message, code, status);
    if (this.data === null) this.phase = 'trouble';
  }
}
