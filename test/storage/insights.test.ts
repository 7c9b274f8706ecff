/** Incidents in documents of real traces, found in the stored slices: opened once whoever looks, told as they go, and closed. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InsightEvaluator } from '@fluoroscope/api/insights/insight-evaluator';
import { InsightViews } from '@fluoroscope/api/insights/insight-views';
import { StoredFaultReader } from '@fluoroscope/clickhouse/fault-reader';
import type { GroupRecord } from '@fluoroscope/contract/groups';
import type { Insight } from '@fluoroscope/contract/insights';
import { ControlLog } from '@fluoroscope/log/control-log';
import { DiskLog } from '@fluoroscope/log/disk-log';
import { ControlState } from '@fluoroscope/xray/control-state';
import { lastEventOf } from '@fluoroscope/xray/insights/incidents';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Chance } from '../fixtures/chance.js';
import { shopRequest } from '../fixtures/incident.js';
import { Installation, quiet, type TestClickHouse, testClickHouse } from './installation.js';

/** An incident that began so long ago; times are those of the documents, not of the test. */
const now = Math.floor(Date.now() / 10_000) * 10;
const begin = now - 1_800;
const end = begin + 300;
/** How long to wait for what must come. */
const patientMs = 60_000;
/** A look sees slices that ended four seconds before. */
const lookAt = (seconds: number) => (seconds + 4) * 1_000;

let clickhouse: TestClickHouse;
let installation: Installation;
let folder: string;
let disk: DiskLog;

beforeAll(async () => {
  clickhouse = await testClickHouse();
  installation = await Installation.create(clickhouse);
  folder = await mkdtemp(join(tmpdir(), 'fluoroscope-insights-'));
  disk = await DiskLog.open({ folder, capBytes: 1e8, logger: quiet });
  const chance = new Chance(7);
  const documents: string[] = [];
  // Where nothing happens requests come every five minutes: fewer slices are sooner stored.
  const maker = await looker('one');
  await maker.make('tenant-b');
  installation.setGroups(maker.groups());
  await maker.stop();
  const request = (at: number, faults: number) =>
    documents.push(...shopRequest({ at, chance, isFailing: chance.hit(faults), tenant: documents.length % 4 === 0 ? 'a' : 'b' }));
  for (let at = begin - 3_000; at < now; at += 300) if (at < begin || at >= end) for (let n = 0; n < 150; n++) request(at + n / 16, 0.005);
  for (let at = begin; at < end; at += 2) request(at, 0.8);
  await installation.append(documents);
  await installation.settled();
  await installation.traced();
});
afterAll(async () => {
  await disk.close();
  await installation.remove();
  await clickhouse.remove();
  await rm(folder, { recursive: true, force: true });
});

interface Looker {
  evaluator: InsightEvaluator;
  views: InsightViews;
  insights(group?: string): Insight[];
  turn(to: { enabled: boolean }): Promise<unknown>;
  /** A group of one tenant, with insights. */
  make(name: string): Promise<unknown>;
  groups(): readonly GroupRecord[];
  stop(): Promise<void>;
}

/** A process that looks: its own fold of the one log. */
async function looker(name: string): Promise<Looker> {
  const state = new ControlState();
  const log = await ControlLog.open({ folder, name, appender: disk, durablePosition: disk.endPosition(), fold: state, logger: quiet });
  disk.onDurable((endPosition) => log.advance(endPosition));
  const views = new InsightViews(() => state.insights);
  const faults = new StoredFaultReader(installation.client);
  const evaluator = new InsightEvaluator({ faults, control: { log, state }, live: { onSlices: () => () => {} }, views, logger: quiet });
  const make = (name: string) => {
    const expression = 'annotation.tenant = "b"';
    const insights = { enabled: true, notifications: false };
    return log.change({ kind: 'create group', name, groupId: 'B'.repeat(52), expression, insights, tags: [] }, { actor: 'test' });
  };
  const turn = ({ enabled }: { enabled: boolean }) =>
    log.change({ kind: 'update group', name: 'Default', update: { insights: { enabled, notifications: false } } }, { actor: 'test' });
  return {
    evaluator,
    views,
    insights: (group = 'Default') => state.insights.all().filter((insight) => insight.group === group),
    turn,
    make,
    groups: () => state.groups.records(),
    stop: () => log.close(),
  };
}

it('is found within two minutes by the first who looks, once, and survives a restart', async () => {
  const [one, two] = [await looker('one'), await looker('two')];
  for (let at = begin - 600; at <= begin; at += 10) await one.evaluator.look(lookAt(at));
  expect(one.insights()).toEqual([]);

  for (let at = begin; at <= begin + 110; at += 10) await Promise.all([one.evaluator.look(lookAt(at)), two.evaluator.look(lookAt(at))]);
  const [insight] = one.insights();
  expect(one.insights()).toHaveLength(1);
  // Each reads the log for itself.
  await expect.poll(() => two.insights(), { timeout: patientMs }).toEqual(one.insights());
  const event = lastEventOf(insight as Insight);
  expect(event.rootCause).toMatchObject({ name: 'payments' });
  expect(event.services.map(({ node: { name } }) => name).sort()).toEqual(['front', 'payments']);
  expect(Math.abs(event.startSeconds - begin)).toBeLessThanOrEqual(10);

  const { figures, summary } = one.views.get(insight?.id ?? '') ?? {};
  expect(figures?.clients.total).toBe((begin + 110 - event.startSeconds) / 2);
  expect(figures?.clients.fault).toBeGreaterThan(30);
  expect(figures?.rootCause).toEqual(figures?.clients);
  expect(summary).toContain('The root cause is payments');
  const [ofGroup] = one.insights('tenant-b');
  await expect.poll(() => two.insights('tenant-b'), { timeout: patientMs }).toEqual(one.insights('tenant-b'));
  const { rootCause, services } = lastEventOf(ofGroup as Insight);
  expect([rootCause.name, services.length]).toEqual(['payments', 2]);
  const shared = one.views.get(ofGroup?.id ?? '')?.figures.clients.total ?? 0;
  expect(shared).toBeGreaterThan(10);
  expect(shared).toBeLessThan(0.7 * (figures?.clients.total ?? 0));
  await one.stop();
  await two.stop();
});

it('is closed by who has not looked for long, at the time when its faults ended, and does not become what is expected', async () => {
  const late = await looker('one');
  const [before] = late.insights();
  expect(lastEventOf(before as Insight).endSeconds).toBeNull();
  await late.evaluator.look(lookAt(end + 900));
  const [insight] = late.insights();
  expect(late.insights()).toHaveLength(1);
  expect(lastEventOf(insight as Insight)).toMatchObject({ what: 'closed', insightId: before?.id });
  expect(Math.abs((lastEventOf(insight as Insight).endSeconds ?? 0) - end)).toBeLessThanOrEqual(10);

  const chance = new Chance(8);
  const again: string[] = [];
  for (let at = now - 120; at < now; at += 2) again.push(...shopRequest({ at: at + 1, chance, isFailing: true }));
  await installation.append(again);
  await installation.settled();
  await late.evaluator.look(lookAt(now));
  expect(late.insights().map((one) => lastEventOf(one).what)).toEqual(['opened', 'closed']);
  const [newest] = late.insights();
  expect(lastEventOf(newest as Insight).services[0]?.expected.faults).toBeLessThan(40);
  await late.stop();
});

it('is not looked for where insights are turned off: what is open is closed, and nothing new is opened', async () => {
  const one = await looker('one');
  expect(one.insights().map((insight) => lastEventOf(insight).endSeconds === null)).toEqual([true, false]);
  await one.turn({ enabled: false });
  await one.evaluator.look(lookAt(now + 10));
  await one.evaluator.look(lookAt(now + 20));
  expect(one.insights().map((insight) => lastEventOf(insight).what)).toEqual(['closed', 'closed']);
  await one.stop();
});
