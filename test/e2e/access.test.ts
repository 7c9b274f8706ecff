/**
 * Signing in and the audit trail in a browser: only with a key that reads, with no more than the key allows, and gone within
 * seconds of the key; what was changed can be found, opened, linked to and taken along.
 */
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditEvent } from '@fluoroscope/contract/audit';
import { payloadHashOf, signatureHeaders } from '@fluoroscope/runtime/sigv4';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Standalone, temporaryFolder } from '../fixtures/standalone.js';
import { desktop, phone, shown, skipped, startChromium, unless, Visit } from './chromium.js';
import { checkQuality, qualityOptions } from './quality.js';

const soon = { timeout: 30_000 };
const screens = { desktop, phone };
const screenNames = ['desktop', 'phone'] as const;
/** What a browser says of the answers that a signed-out page gets. */
const signedOut = /401|403|WebSocket connection/;

interface Key {
  id: string;
  secret: string;
  policy: string;
}
const owner = { id: 'OWNER', secret: 'the-secret-of-the-owner', policy: 'full', name: 'Grace' };
const reader = { id: 'READER', secret: 'the-secret-of-the-reader', policy: 'read-only' };
const leaving = { id: 'LEAVING', secret: 'the-secret-of-who-leaves', policy: 'read-only' };

describe.skipIf(skipped)(`access${unless}`, () => {
  let folder = '';
  let standalone: Standalone;
  let browser: Browser;
  const visits: Visit[] = [];

  beforeAll(async () => {
    folder = await temporaryFolder();
    const env = { FLUOROSCOPE_AUTH: 'sigv4', FLUOROSCOPE_KEYS_FILE: await writeKeys([owner, reader, leaving]) };
    [standalone, browser] = await Promise.all([Standalone.start({ env }), startChromium()]);
    await call('CreateGroup', { GroupName: 'slow', FilterExpression: 'fault' });
    await call('UpdateGroup', { GroupName: 'slow', FilterExpression: 'error' });
    await call('CreateGroup', { GroupName: 'slow' });
  });
  afterAll(async () => {
    await browser?.close();
    await standalone?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  async function writeKeys(keys: readonly Key[]): Promise<string> {
    const path = join(folder, 'keys.json');
    await writeFile(path, JSON.stringify({ keys }));
    await chmod(path, 0o600);
    return path;
  }

  /** As an AWS client does it. */
  async function call(operation: string, members: object): Promise<void> {
    const body = JSON.stringify(members);
    const request = { method: 'POST', url: `/${operation}`, headers: [['host', new URL(standalone.httpUrl).host]] as const };
    const signing = { payloadHash: payloadHashOf(Buffer.from(body)), credentials: { ...owner, region: 'us-east-1' }, nowMs: Date.now() };
    await fetch(`${standalone.httpUrl}/${operation}`, { method: 'POST', body, headers: signatureHeaders(request, signing) });
  }

  async function visit(viewport = desktop): Promise<Visit> {
    const begun = await Visit.begin(browser, { baseURL: standalone.httpUrl, viewport, reducedMotion: 'reduce', ...qualityOptions });
    begun.expected = signedOut;
    visits.push(begun);
    return begun;
  }

  async function signIn(page: Page, { id, secret }: Pick<Key, 'id' | 'secret'>): Promise<void> {
    await page.getByLabel('Key ID').fill(id);
    await page.getByLabel('Secret').fill(secret);
    await page.keyboard.press('Enter');
  }

  it('brings whoever is not signed in to the page that asks for a key, and back to where they were going', async () => {
    const { page } = await visit();
    await page.goto('/audit?text=slow');
    await signIn(page, { id: 'READER', secret: 'a guess' });
    await expect.poll(() => shown(page.getByRole('alert')), soon).toContain('There is no such key');
    await expect.poll(() => page.getByLabel('Secret').evaluate((element) => element === document.activeElement)).toBe(true);
    await signIn(page, reader);
    await expect.poll(() => page.locator('[data-event]').count(), soon).toBe(3);
    expect(new URL(page.url()).search).toBe('?text=slow');
    await page.getByRole('button', { name: 'Signed in as READER' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Key ID').waitFor();
  });

  it('shows what may not be done with a key that only reads, and why', async () => {
    const { page } = await visit();
    await page.goto('/sampling');
    await signIn(page, reader);
    const add = page.getByRole('button', { name: 'New rule' });
    await add.focus();
    await expect.poll(() => add.getAttribute('aria-disabled')).toBe('true');
    await expect.poll(() => shown(page.getByRole('tooltip')), soon).toContain('read-only');
  });

  it('ends with the key, within seconds, wherever the page is', async () => {
    const { page } = await visit();
    await page.goto('/audit');
    await signIn(page, leaving);
    await page.locator('[data-event]').first().waitFor();
    await writeKeys([owner, reader]);
    process.kill(standalone.pid, 'SIGHUP');
    await page.getByLabel('Key ID').waitFor();
  });

  describe('the audit trail', () => {
    let page: Page;
    beforeAll(async () => {
      page = (await visit()).page;
      await page.goto('/audit');
      await signIn(page, reader);
      await page.locator('[data-event]').first().waitFor();
    });

    it('opens an event in its place, with the lines that changed, and links to it', async () => {
      await page.getByRole('button', { name: 'UpdateGroup slow' }).click();
      const inside = page.locator('tr.inside:not([hidden])');
      await expect
        .poll(async () => (await shown(inside.locator('tbody'))).split(/\s+/), soon)
        .toEqual(['expression', '−"fault"', '+"error"']);
      expect(await shown(inside.locator('dl'))).toMatch(/Grace[\s\S]*OWNER[\s\S]*127\.0\.0\.1/);
      const linked = page.url();
      await page.goto(`${linked}&text=nothing-like-it`);
      await expect.poll(() => page.locator('[data-event]').count(), soon).toBe(1);
      expect(await page.getByRole('button', { name: 'UpdateGroup slow' }).getAttribute('aria-expanded')).toBe('true');
    });

    it('is filtered and sorted by the address', async () => {
      await page.goto('/audit?result=refused');
      await expect.poll(() => page.locator('[data-event]').count(), soon).toBe(1);
      await page.goto('/audit');
      await page.getByRole('button', { name: 'Time' }).click();
      await expect.poll(() => shown(page.locator('[data-event] th').first()), soon).toContain('CreateGroup');
      expect(new URL(page.url()).searchParams.get('sort')).toBe('time');
      await page.getByRole('searchbox').fill('nobody');
      await expect.poll(() => shown(page.getByRole('heading', { name: 'No event fits' })), soon).not.toBe('');
    });

    it('counts what is new and shows it when it is asked for, without moving a row', async () => {
      await page.goto('/audit');
      await page.locator('[data-event]').first().waitFor();
      const rows = await page.locator('[data-event]').count();
      await call('DeleteGroup', { GroupName: 'slow' });
      await page.getByRole('button', { name: '1 new' }).waitFor();
      expect(await page.locator('[data-event]').count()).toBe(rows);
      await page.keyboard.press('n');
      await expect.poll(() => shown(page.locator('[data-event]').first()), soon).toContain('DeleteGroup');
    });

    it('counts who is refused, while it is open', async () => {
      await page.goto('/audit');
      const line = page.getByText(/calls? (was|were) refused since/);
      await line.waitFor();
      const count = async () => Number.parseInt((await shown(line)).replaceAll(',', ''), 10);
      const before = await count();
      expect((await fetch(`${standalone.httpUrl}/ServiceGraph`, { method: 'POST', body: '{}' })).status).toBe(403);
      await expect.poll(count, soon).toBeGreaterThan(before);
    });

    it('can be taken along as a file, as it is filtered', async () => {
      await page.goto('/audit?action=UpdateGroup');
      await page.locator('[data-event]').first().waitFor();
      const download = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Export JSON' }).click();
      const events = JSON.parse(await readFile(await (await download).path(), 'utf8')) as AuditEvent[];
      expect(events.map(({ action }) => action)).toEqual(['UpdateGroup']);
    });
  });

  it.each(screenNames)('keeps the quality of every page, %s', async (screen) => {
    const begun = await visit(screens[screen]);
    await begun.page.goto('/');
    await begun.page.getByLabel('Key ID').waitFor();
    await checkQuality(begun, `sign-in-${screen}`);
    await begun.page.goto('/audit');
    await signIn(begun.page, reader);
    await begun.page.getByRole('button', { name: 'UpdateGroup slow' }).click();
    await begun.page.locator('tr.inside:not([hidden])').waitFor();
    await begun.page.getByText(/calls? (was|were) refused since/).click();
    await begun.page.getByRole('columnheader', { name: 'Asked for' }).waitFor();
    await checkQuality(begun, `audit-${screen}`);
  });

  it('wrote no other error to the console', () => {
    expect(visits.flatMap(({ problems }) => problems)).toEqual([]);
  });
});
