/**
 * The shop's visitors: requests to the gateway at random moments, at a rate that swells and ebbs like a day, one day in
 * five minutes. At most `maxInFlight` requests are open; one more is skipped and counted.
 */
import { chance } from './chance.js';
import { gateway } from './gateway.js';
import { call } from './server.js';

const dayMs = 5 * 60_000;
/** How far the rate swings around its mean. */
const swing = 0.4;
const maxInFlight = 200;
const drainMs = 3_000;

interface Visit {
  share: number;
  method: string;
  path: () => string;
}

const visits: readonly Visit[] = [
  { share: 0.33, method: 'GET', path: () => '/products?search=lamp' },
  { share: 0.28, method: 'GET', path: () => `/products/${1 + Math.floor(Math.random() * 500)}` },
  { share: 0.2, method: 'POST', path: () => '/cart' },
  { share: 0.14, method: 'POST', path: () => '/checkout' },
  { share: 0.03, method: 'GET', path: () => '/products/9999' },
  { share: 0.02, method: 'GET', path: () => '/wp-login.php' },
];

export class Visitors {
  readonly #meanPerSecond: number;
  #timer: NodeJS.Timeout | null = null;
  #inFlight = 0;
  #sent = 0;
  #skipped = 0;

  constructor(meanPerSecond: number) {
    this.#meanPerSecond = meanPerSecond;
  }

  get counts(): { sent: number; skipped: number } {
    return { sent: this.#sent, skipped: this.#skipped };
  }

  start(): void {
    this.#timer = setTimeout(() => {
      this.#visit();
      this.start();
    }, this.#gapMs());
  }

  /** Sends no more, and waits for what is open, at most `drainMs`. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    const deadline = Date.now() + drainMs;
    while (this.#inFlight > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  /** The gap to the next request: exponential, so that requests come independently of each other. */
  #gapMs(): number {
    const rate = this.#meanPerSecond * (1 + swing * Math.sin((2 * Math.PI * Date.now()) / dayMs));
    return (-Math.log(1 - Math.random()) * 1_000) / rate;
  }

  #visit(): void {
    if (this.#inFlight >= maxInFlight) {
      this.#skipped += 1;
      return;
    }
    this.#inFlight += 1;
    this.#sent += 1;
    const { method, path } = pickVisit();
    const headers = { 'user-agent': chance(0.6) ? 'shop-app/7.1' : 'Mozilla/5.0', 'x-forwarded-for': address() };
    const done = () => {
      this.#inFlight -= 1;
    };
    // A failed visit is already a fault on the map; the visitor goes away.
    call(gateway.name, path(), { method, headers }).then(done, done);
  }
}

function pickVisit(): Visit {
  let left = Math.random();
  for (const visit of visits) {
    left -= visit.share;
    if (left < 0) return visit;
  }
  return { share: 0, method: 'GET', path: () => '/products' };
}

/** An address out of a block that is reserved for documentation. */
function address(): string {
  return `203.0.113.${1 + Math.floor(Math.random() * 254)}`;
}
