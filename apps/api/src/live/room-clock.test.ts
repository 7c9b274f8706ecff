import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RoomClock } from './room-clock.js';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test('ticks once a period when nothing comes', () => {
  const ticks: number[] = [];
  const clock = new RoomClock(100, (nowMs) => ticks.push(nowMs));
  vi.advanceTimersByTime(1_000);
  clock.stop();
  expect(ticks).toHaveLength(10);
});

test('news tick at once when the last tick is a period old, and never more often', () => {
  const ticks: number[] = [];
  const clock = new RoomClock(100, (nowMs) => ticks.push(nowMs));
  const start = Date.now();
  for (let ms = 0; ms < 1_000; ms += 10) {
    clock.news();
    vi.advanceTimersByTime(10);
  }
  clock.stop();
  expect(ticks[0]).toBe(start);
  expect(ticks.length).toBeLessThanOrEqual(13);
});

test('a source that ticks at the same rate sets the beat', () => {
  const delays: number[] = [];
  let cameMs = 0;
  const clock = new RoomClock(100, (nowMs) => delays.push(nowMs - cameMs));
  vi.advanceTimersByTime(37);
  for (let tick = 0; tick < 20; tick++) {
    cameMs = Date.now();
    clock.news();
    vi.advanceTimersByTime(100);
  }
  clock.stop();
  expect(Math.max(...delays.slice(2))).toBe(0);
});
