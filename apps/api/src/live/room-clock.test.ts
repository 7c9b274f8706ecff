import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RoomClock } from './room-clock.js';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test('ticks about once a period when nothing comes', () => {
  const ticks: number[] = [];
  const clock = new RoomClock(100, (nowMs) => ticks.push(nowMs));
  vi.advanceTimersByTime(1_000);
  clock.stop();
  expect(ticks).toHaveLength(8);
});

test('news tick at once, and twelve times a second however much comes', () => {
  const ticks: number[] = [];
  const clock = new RoomClock(100, (nowMs) => ticks.push(nowMs));
  const start = Date.now();
  for (let ms = 0; ms < 3_000; ms += 10) {
    clock.news();
    vi.advanceTimersByTime(10);
  }
  clock.stop();
  expect(ticks[0]).toBe(start);
  expect(ticks.length).toBeLessThanOrEqual(38);
  expect(ticks.length).toBeGreaterThanOrEqual(36);
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

test('what comes between two beats of the source makes neither wait', () => {
  const delays: number[] = [];
  let cameMs = 0;
  const clock = new RoomClock(100, (nowMs) => delays.push(nowMs - cameMs));
  for (let beat = 0; beat < 20; beat++) {
    cameMs = Date.now();
    clock.news();
    vi.advanceTimersByTime(30);
    if (beat % 10 === 5) {
      cameMs = Date.now();
      clock.news();
    }
    vi.advanceTimersByTime(70);
  }
  clock.stop();
  expect(delays).toHaveLength(22);
  expect(Math.max(...delays)).toBe(0);
});

test('news tick at once after the clock was put back by an hour', () => {
  const ticks: number[] = [];
  const clock = new RoomClock(100, (nowMs) => ticks.push(nowMs));
  vi.advanceTimersByTime(50);
  vi.setSystemTime(Date.now() - 3_600_000);
  clock.news();
  clock.stop();
  expect(ticks).toHaveLength(1);
});
