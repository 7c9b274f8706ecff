/**
 * A real Chromium looking at a real installation. A visit is one browser context with one page; it keeps every console
 * error, page error and refusal by the content security policy, so that a test can say that there were none.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';

const executablePath = process.env.FLUOROSCOPE_CHROMIUM ?? '/usr/bin/chromium';
const artifacts = fileURLToPath(new URL('../artifacts/', import.meta.url));
/** Of an action, or of what it waits for: a machine that is busy draws seconds later. */
const actionLimitMs = 60_000;
const restMs = 500;

/** Without a browser there is nothing to test; in CI that is a failure, elsewhere a skip that says so. */
export const skipped = !existsSync(executablePath) && process.env.CI !== 'true';
export const unless = skipped ? ` (skipped: no Chromium at ${executablePath}; FLUOROSCOPE_CHROMIUM names another)` : '';

/** What a browser writes to its console while nobody answers, or the storage still starts. */
export const lost = /WebSocket connection to .* failed|ERR_CONNECTION_|ERR_EMPTY_RESPONSE|ERR_INTERNET_DISCONNECTED|status of 503/;

export const desktop = { width: 1280, height: 800 };
export const phone = { width: 390, height: 844 };

export async function startChromium(): Promise<Browser> {
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
}

export class Visit {
  readonly problems: string[] = [];
  /** Errors that the test brings about itself. */
  expected: RegExp | null = null;

  private constructor(readonly page: Page) {
    page.setDefaultTimeout(actionLimitMs);
    page.on('pageerror', (error) => this.note(`page error: ${error.message}`));
    page.on('console', (message) => {
      // A refusal by the content security policy is reported as a console error too.
      if (message.type() === 'error' || message.type() === 'warning') this.note(`console ${message.type()}: ${message.text()}`);
    });
  }

  static async begin(browser: Browser, options: BrowserContextOptions & { script?: string } = {}): Promise<Visit> {
    const { script, ...rest } = options;
    const context = await browser.newContext({ viewport: desktop, baseURL: rest.baseURL, ...rest });
    if (script !== undefined) await context.addInitScript({ content: script });
    return new Visit(await context.newPage());
  }

  async end(): Promise<void> {
    await this.page.context().close();
  }

  /** The control that says how fresh the page is. */
  get liveButton(): Locator {
    return this.page.getByRole('banner').getByRole('button', { name: /Live|live$|Paused|Stale|Catching|onnecting/ });
  }

  get nodes(): Locator {
    return this.page.getByRole('group', { name: 'Service map' }).getByRole('button');
  }

  /** What is written on the card of a node: its button lies over the text. */
  async card(name: string): Promise<string> {
    return shown(this.node(name).locator('xpath=ancestor-or-self::*[contains(@class,"node")]'));
  }

  get panelTitle(): Promise<string> {
    return shown(this.panel.getByRole('heading', { level: 2 }));
  }

  /** The node of that name; names here are plain. */
  node(name: string): Locator {
    return this.page.getByRole('group', { name: 'Service map' }).getByRole('button', { name: new RegExp(`^${name},`) });
  }

  /** The details, beside the page or as a sheet above it. */
  get panel(): Locator {
    return this.page.locator('aside, dialog').filter({ has: this.page.locator('#panel-title') });
  }

  /** The exact counts of the panel, by outcome. */
  async outcomes(): Promise<Record<string, number>> {
    const rows = await this.panel.getByRole('region', { name: 'Outcomes' }).locator('tbody tr').all();
    const pairs = rows.map(async (row) => {
      const count = row.getByRole('cell').first();
      const text = (await count.getAttribute('title')) ?? (await shown(count));
      return [await shown(row.getByRole('rowheader')), Number(text.replaceAll(',', ''))] as const;
    });
    return Object.fromEntries(await Promise.all(pairs));
  }

  async screenshot(name: string): Promise<void> {
    mkdirSync(artifacts, { recursive: true });
    await this.page.screenshot({ path: join(artifacts, `${name}.png`), animations: 'disabled' });
  }

  private note(problem: string): void {
    if (this.expected?.test(problem) !== true) this.problems.push(problem);
  }
}

/** What two looks in a row see, half a second apart: a layout comes from a worker, moves are drawn over frames, and others move things too. */
export async function atRest<Seen>(look: () => Promise<Seen>): Promise<Seen> {
  for (let before = await look(); ; ) {
    await sleep(restMs);
    const now = await look();
    if (isDeepStrictEqual(now, before)) return now;
    before = now;
  }
}

/** The text as it is laid out; nothing when nothing is there. */
export async function shown(locator: Locator): Promise<string> {
  return (await locator.allInnerTexts()).join('\n').trim();
}
