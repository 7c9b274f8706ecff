import { describe, expect, it } from 'vitest';
import { contrast, readColour } from './tokens.js';

describe('contrast', () => {
  it('is 21 between black and white, whichever comes first, and 1 between equals', () => {
    const [black, white] = [readColour('rgb(0, 0, 0)'), readColour('color(srgb 1 1 1)')];
    expect([contrast(black, white), contrast(white, black), contrast(white, white)]).toEqual([21, 21, 1]);
  });

  it('is that of the tables of WCAG', () => {
    expect(contrast(readColour('rgb(119, 119, 119)'), readColour('rgb(255, 255, 255)'))).toBeCloseTo(4.48, 2);
  });
});
