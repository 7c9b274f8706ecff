import { formatRate, sayRate } from '@fluoroscope/format/format';
import { describe, expect, it } from 'vitest';
import { type Chart, clock, nearestIndex, summarise } from './lines.js';

const chart: Chart = { title: 'Rate', lines: [{ name: 'all', colour: 'text', values: [2, null, 4] }], format: formatRate, say: sayRate };

describe('the summary of a chart', () => {
  it('says range, last value and what happened, and keeps gaps out of the range', () => {
    const text = summarise(chart, { times: [10, 20, 30], marks: [{ atSeconds: 20, label: 'Deployment 1.2' }] });
    expect(text).toBe(
      `Rate from ${clock(10)} to ${clock(30)}. all 2.0 requests per second to 4.0 requests per second, last 4.0 requests per second. Deployment 1.2`,
    );
  });

  it('says that there is no data', () => {
    expect(summarise(chart, { times: [], marks: [] })).toBe('Rate: no data');
    const silent = { ...chart, lines: [{ name: 'all', colour: 'text', values: [null, null] }] };
    expect(summarise(silent, { times: [10, 20], marks: [] })).toContain('all no data');
  });

  it('leaves out what happened outside the chart', () => {
    expect(summarise(chart, { times: [10, 30], marks: [{ atSeconds: 40, label: 'Deployment' }] })).not.toContain('Deployment');
  });
});

describe('the nearest time', () => {
  it('is found between two', () => {
    expect(nearestIndex([10, 20, 30], 24)).toBe(1);
    expect(nearestIndex([10, 20, 30], 99)).toBe(2);
    expect(nearestIndex([], 1)).toBe(-1);
  });
});
