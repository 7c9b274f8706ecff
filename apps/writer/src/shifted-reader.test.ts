import { expect, it } from 'vitest';
import { shiftBehind, shiftOf } from './shifted-reader.js';

it('moves nothing where nothing is stored', () => {
  expect([shiftBehind(0, 1), shiftBehind(0, 4_096)]).toEqual([0, 0]);
});

it('begins behind what is stored, at a whole step', () => {
  expect([shiftBehind(7, 1), shiftBehind(7, 4_096), shiftBehind(4_095, 4_096), shiftBehind(4_096, 4_096)]).toEqual([
    8, 4_096, 4_096, 8_192,
  ]);
});

it('is known from what was committed, and unknown where nothing was', () => {
  expect([{ state: null }, { state: { stored: 1 } }, { state: { stored: 1, shift: 9 } }].map(shiftOf)).toEqual([null, 0, 9]);
});
