/** One real datagram to one node on a page: through the real log, the real writer and a real socket, into a real browser. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Standalone } from '../fixtures/standalone.js';
import { shown, skipped, startChromium, unless, Visit } from './chromium.js';
import { callOf, segmentsOf } from './documents.js';

const soon = { timeout: 30_000 };
const statuses = [200, 200, 200, 404, 429, 500, 503];
const durationMs = 120;
/** Buckets of the histogram are 2 % wide. */
const percentileError = 0.01;

describe.skipIf(skipped)(`first light${unless}`, () => {
  let standalone: Standalone;
  let browser: Browser;
  let visit: Visit;

  beforeAll(async () => {
    [standalone, browser] = await Promise.all([Standalone.start(), startChromium()]);
    visit = await Visit.begin(browser, { baseURL: standalone.httpUrl });
    await visit.page.goto('/');
  });

  afterAll(async () => {
    await browser?.close();
    await standalone?.remove();
  });

  it('says what to do while nothing has arrived, and what was seen', async () => {
    await visit.page.getByRole('heading', { name: 'Waiting for the first segment' }).waitFor();
    await expect.poll(() => shown(visit.page.locator('dl')), soon).toMatch(/Received\n+0\n/);
    expect(await shown(visit.page.getByRole('tabpanel'))).toContain('AWS_XRAY_DAEMON_ADDRESS=127.0.0.1:');
    await expect.poll(() => shown(visit.liveButton), soon).toContain('Live');
  });

  it('names the reason when a datagram has a bad header', async () => {
    await standalone.sendDatagram(Buffer.from('{"format":"xml","version":1}\n{}'));
    await expect.poll(() => shown(visit.page.getByText('Last rejection').locator('xpath=..')), soon).toMatch(/header/i);
    await visit.page.getByRole('link', { name: /^Ingest/ }).click();
    const udp = visit.page.getByRole('region', { name: /^UDP/ });
    await expect.poll(() => shown(udp.getByRole('row', { name: /^Rejected/ })), soon).toMatch(/\b1$/);
    expect(await shown(udp)).toMatch(/Last rejection.*\n.*header/i);
    await visit.page.goBack();
    await visit.page.getByRole('heading', { name: 'Waiting for the first segment' }).waitFor();
  });

  it('draws the node of a datagram within seconds', async () => {
    await standalone.sendDocuments(segmentsOf('first-light', statuses, durationMs / 1_000));
    await visit.node('first-light').waitFor(soon);
    await visit.node('Clients of first-light').waitFor(soon);
  });

  it('shows the counts of the four outcomes and the percentiles of the selected node', async () => {
    await visit.node('first-light').click();
    await expect.poll(() => visit.panelTitle, soon).toBe('first-light');
    await expect.poll(() => visit.outcomes(), soon).toEqual({ Ok: 3, Error: 1, Throttle: 1, Fault: 2, 'In progress': 0 });
    const times = visit.panel.getByRole('region', { name: 'Response time' });
    for (const name of ['p50', 'p90', 'p95', 'p99']) {
      const text = await shown(times.getByText(name, { exact: true }).first().locator('xpath=..'));
      const shownMs = Number(/([\d.]+) ms/.exec(text)?.[1]);
      expect(Math.abs(shownMs / durationMs - 1), text).toBeLessThanOrEqual(percentileError);
    }
  });

  it('keeps the selection in the address: another browser opens the same, Back undoes it', async () => {
    expect(new URL(visit.page.url()).searchParams.get('node')).toBe('first-light');
    const colleague = await Visit.begin(browser);
    await colleague.page.goto(visit.page.url());
    await expect.poll(() => colleague.panelTitle, soon).toBe('first-light');
    expect(await colleague.node('first-light').getAttribute('aria-pressed')).toBe('true');
    await expect.poll(() => colleague.outcomes(), soon).toMatchObject({ Ok: 3, Fault: 2 });
    expect(colleague.problems).toEqual([]);
    await colleague.end();
    await visit.page.goBack();
    await visit.panel.waitFor({ state: 'detached' });
    expect(await visit.node('first-light').getAttribute('aria-pressed')).toBe('false');
  });

  it('adds what arrives later to the node that is there', async () => {
    const before = await visit.node('first-light').boundingBox();
    await standalone.sendDocuments(segmentsOf('first-light', [200, 200]));
    await visit.node('first-light').click();
    await expect.poll(() => visit.outcomes(), soon).toMatchObject({ Ok: 5, Error: 1, Throttle: 1, Fault: 2 });
    expect(await visit.node('first-light').boundingBox()).toEqual(before);
  });

  it('takes a callee that only its caller told of off the map when it tells of itself', async () => {
    const call = callOf('first-light', 'late-callee');
    const named = visit.page.getByRole('group', { name: 'Service map' }).getByRole('button', { name: /^late-callee,/ });
    const kinds = () => named.evaluateAll((nodes) => nodes.map((node) => node.getAttribute('data-node')));
    await standalone.sendDocuments([call.caller]);
    await expect.poll(kinds, soon).toEqual([expect.stringContaining('remote')]);
    await standalone.sendDocuments([call.callee]);
    await expect.poll(kinds, soon).toEqual(['late-callee']);
    await visit.page.getByText(/^2 services$/).waitFor();
  });

  it('wrote no error to the console, and broke no content security policy', () => {
    expect(visit.problems).toEqual([]);
  });
});
