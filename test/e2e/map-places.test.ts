/** The map is arranged by people: what they moved stays, for everybody; what they look at is in the link. Hostile names are text. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Standalone } from '../fixtures/standalone.js';
import { desktop, shown, skipped, startChromium, unless, Visit } from './chromium.js';
import { segmentsOf } from './documents.js';

const soon = { timeout: 30_000 };
const names = ['alpha', 'beta', 'gamma'];
const hostile = [
  '<img src=x onerror="globalThis.broken=1">',
  'javascript:globalThis.broken=1',
  '\u202Eevil\u202C gnp.exe',
  'n'.repeat(200),
  'caf\u00E9 \uD83D\uDC31 service',
  '\u0430lpha',
];
const visions = ['achromatopsia', 'protanopia', 'deuteranopia', 'tritanopia'] as const;
const drag = { x: 90, y: 130 };

describe.skipIf(skipped)(`the arrangement of the map${unless}`, () => {
  let standalone: Standalone;
  let browser: Browser;
  let visit: Visit;

  beforeAll(async () => {
    [standalone, browser] = await Promise.all([Standalone.start(), startChromium()]);
    visit = await Visit.begin(browser, { baseURL: standalone.httpUrl });
    for (const name of names) await standalone.sendDocuments(segmentsOf(name, [200, 200, 500]));
    await visit.page.goto('/?view=map');
    for (const name of names) await visit.node(name).waitFor(soon);
    await sleep(1_000); // the first layout, and the fit to it
  });

  afterAll(async () => {
    await browser?.close();
    await standalone?.remove();
  });

  it('moves the node that is dragged and no other, and another browser shows it there', async () => {
    const before = await boxes(visit);
    const [x, y] = centre(await visit.node('beta').boundingBox());
    await visit.page.mouse.move(x, y);
    await visit.page.mouse.down();
    await visit.page.mouse.move(x + drag.x, y + drag.y, { steps: 5 });
    await visit.page.mouse.up();
    const after = await boxes(visit);
    expect(after.beta).not.toEqual(before.beta);
    expect({ ...after, beta: before.beta }).toEqual(before);
    expect(await visit.panel.count()).toBe(0);
    expect(await visit.node('beta').getAttribute('aria-label')).toContain('kept in its place');
    const colleague = await Visit.begin(browser, { baseURL: standalone.httpUrl });
    await colleague.page.goto('/?view=map');
    await expect.poll(() => relative(colleague), soon).toEqual(await relative(visit));
    await colleague.end();
  });

  it('tells another browser of a move while both look', async () => {
    const colleague = await Visit.begin(browser, { baseURL: standalone.httpUrl });
    await colleague.page.goto('/?view=map');
    await colleague.node('beta').waitFor(soon);
    await visit.node('gamma').focus();
    for (let step = 0; step < 4; step++) await visit.page.keyboard.press('Shift+ArrowDown');
    await expect.poll(() => relative(colleague), soon).toEqual(await relative(visit));
    await colleague.end();
  });

  it('keeps the places over a reload', async () => {
    const before = await relative(visit);
    await visit.page.reload();
    await expect.poll(() => relative(visit), soon).toEqual(before);
  });

  it('leaves what was moved where it is when Tidy lays the rest out, and takes Tidy back exactly', async () => {
    await visit.node('alpha').waitFor(soon);
    const before = await boxes(visit);
    await visit.page.getByRole('button', { name: /^Tidy/ }).click();
    await visit.page.getByRole('button', { name: 'Undo tidy' }).waitFor();
    await sleep(500); // the cards are on their way
    const tidied = await boxes(visit);
    expect([tidied.beta, tidied.gamma]).toEqual([before.beta, before.gamma]);
    await visit.page.getByRole('button', { name: 'Undo tidy' }).click();
    await expect.poll(() => boxes(visit), soon).toEqual(before);
  });

  it('opens a link at the same place and zoom', async () => {
    await visit.page.getByRole('button', { name: 'Zoom in' }).click();
    await expect.poll(() => new URL(visit.page.url()).searchParams.get('at'), soon).not.toBeNull();
    const before = await boxes(visit);
    const colleague = await Visit.begin(browser);
    await colleague.page.goto(visit.page.url());
    await expect.poll(() => boxes(colleague), soon).toEqual(before);
    await colleague.end();
  });

  it('shows a neighbourhood alone, by key, and the whole map as it was', async () => {
    const before = await boxes(visit);
    await visit.node('alpha').focus();
    await visit.page.keyboard.press('f');
    await expect.poll(() => visit.nodes.count(), soon).toBe(2);
    await visit.page.getByRole('button', { name: 'Show the whole map' }).click();
    await expect.poll(() => boxes(visit), soon).toEqual(before);
  });

  it('steps through what the search finds, and removes nothing', async () => {
    const count = await visit.nodes.count();
    await visit.page.locator('#search').fill('beta');
    await visit.page.locator('#search').press('Enter');
    await visit.page.getByText('1 of 2').waitFor();
    expect(await visit.nodes.count()).toBe(count);
    await visit.page.locator('#search').fill('');
  });

  it('adds a node without moving another, in no other node’s box', async () => {
    const before = await boxes(visit);
    await standalone.sendDocuments(segmentsOf('delta', [200]));
    await visit.node('delta').waitFor(soon);
    const { delta, 'Clients of delta': clients, ...others } = await boxes(visit);
    expect(others).toEqual(before);
    for (const other of Object.values(others)) {
      expect(overlap(delta, other)).toBe(false);
      expect(overlap(clients, other)).toBe(false);
    }
  });

  it('marks a node whose version has changed, and compares before and after in one click', async () => {
    const version = (value: string) =>
      segmentsOf('beta', [200, 200]).map((text) => JSON.stringify({ ...JSON.parse(text), service: { version: value } }));
    await standalone.sendDocuments(version('1.0'));
    await standalone.settled();
    await standalone.sendDocuments(version('1.1'));
    await expect.poll(() => visit.node('beta').getAttribute('aria-label'), soon).toContain('version 1.1 since');
    await visit.node('beta').click();
    const deployments = visit.panel.getByRole('region', { name: 'Deployments' });
    await expect.poll(() => shown(deployments), soon).toContain('was 1.0');
    await deployments.getByRole('button', { name: 'Before and after' }).click();
    await expect.poll(() => shown(deployments.getByRole('row', { name: /^Requests/ })), soon).toMatch(/Requests\s+\d+\s+\d+/);
    await expect.poll(() => visit.panel.getByRole('slider', { name: /^Rate/ }).getAttribute('aria-label'), soon).toContain('version 1.1');
    await visit.screenshot('map-deployment');
    await visit.page.keyboard.press('Escape');
  });

  it('shows hostile names as the text that they are, and runs none of it', async () => {
    for (const name of hostile) await standalone.sendDocuments(segmentsOf(name, [200]));
    await expect.poll(() => visit.nodes.count(), soon).toBeGreaterThanOrEqual(2 * names.length + 4);
    await visit.page.goto('/?view=table');
    await visit.page.locator('[data-row]').first().waitFor();
    expect(await visit.page.evaluate(() => 'broken' in globalThis)).toBe(false);
    expect(await visit.page.locator('main img').count()).toBe(0);
    expect(await visit.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    await visit.screenshot('map-hostile-names');
    expect(visit.problems).toEqual([]);
  });

  it('leaves pictures for eyes that see colours otherwise', async () => {
    await visit.page.goto('/?view=map');
    await visit.node('alpha').waitFor(soon);
    const session = await visit.page.context().newCDPSession(visit.page);
    for (const type of visions) {
      await session.send('Emulation.setEmulatedVisionDeficiency', { type });
      await visit.screenshot(`map-${type}`);
    }
    await session.send('Emulation.setEmulatedVisionDeficiency', { type: 'none' });
    expect(await shown(visit.page.getByRole('main'))).toContain('alpha');
  });
});

interface Box {
  x: number;
  y: number;
}

async function boxes({ nodes }: Visit): Promise<Record<string, Box>> {
  const pairs = await nodes.evaluateAll((all) =>
    all.map((node) => {
      const { x, y } = node.getBoundingClientRect();
      return [(node.getAttribute('aria-label') ?? '').split(',')[0] ?? '', { x: Math.round(x), y: Math.round(y) }] as const;
    }),
  );
  return Object.fromEntries(pairs);
}

/** Where the nodes lie seen from alpha: another window may look from elsewhere, at another size. */
async function relative(visit: Visit): Promise<Record<string, string>> {
  const layer = await visit.nodes.evaluateAll((all) =>
    all.map((node) => {
      const card = node.parentElement;
      return [(node.getAttribute('aria-label') ?? '').split(',')[0] ?? '', `${card?.style.left} ${card?.style.top}`] as const;
    }),
  );
  return Object.fromEntries(layer);
}

function centre(box: Awaited<ReturnType<Locator['boundingBox']>>): [number, number] {
  return [(box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2];
}

/** At the largest size that a card has here. */
function overlap(a: Box | undefined, b: Box): boolean {
  const { width } = desktop;
  return a !== undefined && Math.abs(a.x - b.x) < width / 8 && Math.abs(a.y - b.y) < 64;
}
