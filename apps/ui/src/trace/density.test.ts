import type { Waterfall } from '@fluoroscope/xray/waterfall';
import { expect, test } from 'vitest';
import { densityOf } from './density.js';

const rowsOf = (rows: [start: number, duration: number, outcome: number][]) =>
  ({
    count: rows.length,
    start: rows.map(([start]) => start),
    duration: rows.map(([, duration]) => duration),
    outcome: rows.map(([, , outcome]) => outcome),
  }) as unknown as Waterfall;
const drawn = (pixels: Uint8Array, width: number) =>
  Array.from({ length: pixels.length / width }, (_, y) => [...pixels.subarray(y * width, (y + 1) * width)].join(''));

test('draws each row where it lies in time, the worst outcome over the others, and never nothing', () => {
  const rows = rowsOf([
    [0, 100, 0],
    [0, 50, 0],
    [20, 20, 3],
    [90, 0, 1],
  ]);
  expect(drawn(densityOf(rows, { width: 10, height: 4, extent: 100 }), 10)).toEqual([
    '1111111111',
    '1111100000',
    '0044000000',
    '0000000002',
  ]);
  expect(drawn(densityOf(rows, { width: 10, height: 1, extent: 100 }), 10)).toEqual(['1144111112']);
});

test('draws a trace without any duration', () => {
  expect(drawn(densityOf(rowsOf([[0, 0, 0]]), { width: 3, height: 1, extent: 0 }), 3)).toEqual(['100']);
});
