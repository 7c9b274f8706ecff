/** What was kept aside: documents that the database refused, and messages of Kafka that are none. Read when the page opens, and again. */
import { type ApiTrouble, fetchJson, troubleFrom } from '../live/fetch-json.js';

/** Of either kind, oldest first. */
export interface KeptAside {
  /** Where it lay, for a person: two partitions may have the same. */
  place: string;
  /** Epoch milliseconds. */
  receivedAt: number;
  reason: string;
  /** Its beginning. */
  text: string;
}

interface DeadAnswer {
  /** Of a document; the log is 'segments' or 'metrics'. */
  log?: string;
  position?: number;
  /** Of a message, without the installation's prefix. */
  topic?: string;
  partition?: number;
  offset?: number;
  receivedAt: string;
  reason: string;
  document?: string;
  text?: string | null;
}

/** Both kinds are there in a cluster; the second is empty on one machine. */
const sources = ['/dead-documents', '/dead-messages'] as const;
const maxShownChars = 400;

export class KeptAsideList {
  items = $state.raw<readonly KeptAside[]>([]);
  trouble = $state.raw<ApiTrouble | null>(null);
  busy = $state.raw(false);
  /** How many were tried again last; null before. */
  replayed = $state.raw<number | null>(null);

  load(): Promise<void> {
    return this.#during(async () => {
      const answers = await Promise.all(sources.map((path) => fetchJson<Record<string, DeadAnswer[]>>(path)));
      this.items = answers.flatMap((answer) => Object.values(answer).flat().map(shown)).sort((a, b) => a.receivedAt - b.receivedAt);
    });
  }

  tryAgain(): Promise<void> {
    return this.#during(async () => {
      const answers = await Promise.all(sources.map((path) => fetchJson<{ replayed: number }>(`${path}/replay`, { method: 'POST' })));
      this.replayed = answers.reduce((sum, { replayed }) => sum + replayed, 0);
      this.items = [];
    });
  }

  async #during(work: () => Promise<void>): Promise<void> {
    this.busy = true;
    try {
      await work();
      this.trouble = null;
    } catch (error) {
      this.trouble = troubleFrom(error);
    }
    this.busy = false;
  }
}

function shown({ log, position, topic, partition, offset, receivedAt, reason, document, text }: DeadAnswer): KeptAside {
  const place = position === undefined ? `message of ${topic} ${partition}/${offset}` : `document of ${log ?? 'segments'} ${position}`;
  return { place, receivedAt: Date.parse(receivedAt), reason, text: (document ?? text ?? '').slice(0, maxShownChars) };
}
