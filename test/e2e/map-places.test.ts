/** The map is arranged by people: what they moved stays, for everybody; what they look at is in the link. Hostile names are text. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { visibleText } from '@fluoroscope/format/text';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Standalone } from '../fixtures/standalone.js';
import { atRest, desktop, shown, skipped, startChromium, unless, Visit } from './chromium.js';
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
  `${'long '.repeat(49)}name!`,
];
const fewestFaults = [...Array.from({ length: 999 }, () => 200), 500];
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
    await atRest(() => boxes(visit)); // the first layout, and the fit to it
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
    const after = await atRest(() => boxes(visit));
    expect(after.beta).not.toEqual(before.beta);
    expect({ ...after, beta: before.beta }).toEqual(before);
    expect(await visit.panel.count()).toBe(0);
    await expect.poll(() => visit.node('beta').getAttribute('aria-label')).toContain('kept in its place');
    const colleague = await Visit.begin(browser, { baseURL: standalone.httpUrl });
    await colleague.page.goto('/?view=map');
    await expect.poll(async () => isDeepStrictEqual(await relative(colleague), await relative(visit)), soon).toBe(true);
    await colleague.end();
  });

  it('tells another browser of a move while both look', async () => {
    const colleague = await Visit.begin(browser, { baseURL: standalone.httpUrl });
    await colleague.page.goto('/?view=map');
    await colleague.node('beta').waitFor(soon);
    await visit.node('gamma').focus();
    for (let step = 0; step < 4; step++) await visit.page.keyboard.press('Shift+ArrowDown');
    await expect.poll(async () => isDeepStrictEqual(await relative(colleague), await relative(visit)), soon).toBe(true);
    await colleague.end();
  });

  it('keeps the places over a reload', async () => {
    const before = await relative(visit);
    await visit.page.reload();
    await expect.poll(() => relative(visit), soon).toEqual(before);
  });

  it('leaves what was moved where it is when Tidy lays the rest out, and takes Tidy back exactly', async () => {
    await visit.node('alpha').waitFor(soon);
    const before = await atRest(() => boxes(visit));
    await visit.page.getByRole('button', { name: /^Tidy/ }).click();
    await visit.page.getByRole('button', { name: 'Undo tidy' }).waitFor();
    const tidied = await atRest(() => boxes(visit)); // the cards are on their way
    expect([tidied.beta, tidied.gamma]).toEqual([before.beta, before.gamma]);
    await visit.page.getByRole('button', { name: 'Undo tidy' }).click();
    await expect.poll(() => boxes(visit), soon).toEqual(before);
  });

  it('opens a link at the same place and zoom', async () => {
    await visit.page.getByRole('button', { name: 'Zoom in' }).click();
    await expect.poll(() => new URL(visit.page.url()).searchParams.get('at'), soon).not.toBeNull();
    const before = await atRest(() => boxes(visit));
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
    const { delta, 'Clients of delta': clients, ...others } = await atRest(() => boxes(visit));
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
    // A segment with such a name is refused; a table may be called anything.
    await standalone.sendDocuments(hostile.map((table) => callOf('alpha', table)));
    for (const name of hostile) await called(name).waitFor(soon);
    for (const name of hostile) {
      await called(name).focus();
      await visit.page.keyboard.press('Enter');
      await expect.poll(() => visit.panel.getByRole('heading', { level: 2 }).textContent(), soon).toBe(visibleText(name));
      expect(await called(name).getAttribute('aria-label')).toContain(visibleText(name));
      await visit.page.keyboard.press('Escape');
    }
    await visit.screenshot('map-hostile-names');
    await visit.page.goto('/?view=table');
    await visit.page.locator('[data-row]').first().waitFor();
    const rows = async () => (await visit.page.locator('[data-row] th').allTextContents()).join('\n');
    for (const name of hostile) await expect.poll(rows).toContain(visibleText(name));
    expect(await visit.page.evaluate(() => 'broken' in globalThis)).toBe(false);
    expect(await visit.page.locator('main img, main script, main a[href^="javascript:"]').count()).toBe(0);
    expect(await visit.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    await visit.screenshot('table-hostile-names');
    expect(visit.problems).toEqual([]);
  });

  it('shows one fault in a thousand requests, and none where there is none', async () => {
    await standalone.sendDocuments(segmentsOf('thousand', fewestFaults));
    await standalone.sendDocuments(segmentsOf('spotless', [200, 200]));
    await visit.page.goto('/?view=map&focus=thousand&node=thousand');
    const fault = visit.panel.getByRole('region', { name: 'Outcomes' }).getByRole('row', { name: /^Fault/ });
    await expect.poll(() => shown(fault), soon).toContain('0.1 %');
    await expect.poll(() => faultDegrees('thousand'), soon).toBeGreaterThanOrEqual(5);
    expect(await faultDegrees('thousand')).toBeLessThanOrEqual(8);
    await visit.page.goto('/?view=map&focus=spotless');
    await visit.node('spotless').waitFor(soon);
    await sleep(1_000); // painted
    expect(await faultDegrees('spotless')).toBe(0);
    await visit.page.goto('/?view=map');
    await visit.node('alpha').waitFor(soon);
  });

  it('names every canvas, and has a table with the same', async () => {
    await visit.node('alpha').focus();
    await visit.page.keyboard.press('Enter');
    await visit.panel.locator('canvas').first().waitFor();
    expect(await visit.page.locator('canvas').evaluateAll((all) => all.map((one) => one.closest('[aria-label]') !== null))).not.toContain(
      false,
    );
    const panelTables = visit.panel.getByRole('button', { name: 'Table' });
    for (const button of await panelTables.all()) await button.click();
    expect(await visit.panel.locator('canvas').count()).toBe(0);
    await visit.page.keyboard.press('Escape');
    const named = await visit.nodes.evaluateAll((all) => all.map((node) => (node.getAttribute('aria-label') ?? '').split(',')[0]));
    await visit.page.keyboard.press('t');
    await visit.page.locator('[data-row]').first().waitFor();
    const rows = async () => (await visit.page.locator('[data-row] th').allTextContents()).join();
    for (const name of named) if (name && !name.startsWith('Clients of')) await expect.poll(rows).toContain(name);
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

  /** By its whole name, whatever is in it. */
  function called(name: string): Locator {
    const written = name.replace(/[%|>]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
    return visit.page.locator(`[data-node=${JSON.stringify(`${written}|AWS::DynamoDB::Table`)}]`);
  }

  /** How much of the node's ring is painted as fault, in degrees. */
  async function faultDegrees(name: string): Promise<number> {
    const id = await visit.node(name).getAttribute('data-node');
    return visit.page.evaluate(countFaultDegrees, id ?? '');
  }
});

/** In the page: the ring of this node is read from the canvas, one point for each degree. */
function countFaultDegrees(id: string): number {
  const button = [...document.querySelectorAll<HTMLElement>('[data-node]')].find(({ dataset }) => dataset.node === id);
  const canvas = button?.closest('fieldset')?.querySelector('canvas');
  const context = canvas?.getContext('2d');
  if (!button || !canvas || !context) return -1;
  const probe = document.createElement('span');
  probe.style.color = 'var(--fault)';
  canvas.parentElement?.append(probe);
  const [red = 0, green = 0, blue = 0] = (getComputedStyle(probe).color.match(/\d+/g) ?? []).map(Number);
  probe.remove();
  const box = button.getBoundingClientRect();
  const frame = canvas.getBoundingClientRect();
  const zoom = box.height / 64;
  const middle = { x: box.left + 33 * zoom - frame.left, y: box.top + 32 * zoom - frame.top };
  let found = 0;
  for (let degree = 0; degree < 360; degree++) {
    const turn = ((degree - 90) * Math.PI) / 180;
    const at = [middle.x + 16.5 * zoom * Math.cos(turn), middle.y + 16.5 * zoom * Math.sin(turn)].map((one) =>
      Math.round(one * devicePixelRatio),
    );
    const [r = 0, g = 0, b = 0, alpha = 0] = context.getImageData(at[0] ?? 0, at[1] ?? 0, 1, 1).data;
    if (alpha > 40 && Math.abs(r - red) + Math.abs(g - green) + Math.abs(b - blue) < 60) found++;
  }
  return found;
}

/** A request that asks a table of this name. */
function callOf(name: string, table: string): string {
  const segment = JSON.parse(segmentsOf(name, [200])[0] ?? '{}');
  const { start_time, end_time } = segment;
  const aws = { operation: 'GetItem', table_name: table };
  return JSON.stringify({
    ...segment,
    subsegments: [{ id: 'f'.repeat(16), name: 'DynamoDB', namespace: 'aws', start_time, end_time, aws }],
  });
}

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
