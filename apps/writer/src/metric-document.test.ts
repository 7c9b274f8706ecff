import { maxDatumAgeSeconds, maxDatumAheadSeconds } from '@fluoroscope/contract/metrics';
import { describe, expect, it } from 'vitest';
import { readMetricDocument } from './metric-document.js';

const nowSeconds = 1_800_000_000;
const place = { partition: 0, position: 7, receivedAtMs: nowSeconds * 1_000 };

function read(timestamp: number) {
  const document = { Id: 'a', Namespace: 'Shop', MetricData: [{ MetricName: 'Orders', Timestamp: timestamp, Value: 1 }] };
  return readMetricDocument(Buffer.from(JSON.stringify(document)), place);
}

describe('a datum at the edge of the window', () => {
  it.each([
    ['old', nowSeconds - maxDatumAgeSeconds - 0.1],
    ['ahead', nowSeconds + maxDatumAheadSeconds + 0.1],
  ])('is kept as it is where another clock has accepted it: too %s by the time of its message', (_, timestamp) => {
    expect(read(timestamp)).toMatchObject({ data: [{ timestampMs: Math.round(timestamp * 1_000) }] });
  });

  it.each([
    ['old', nowSeconds - maxDatumAgeSeconds - 61],
    ['ahead', nowSeconds + maxDatumAheadSeconds + 61],
  ])('is refused where no clock of ours can have accepted it: too %s', (_, timestamp) => {
    expect(read(timestamp)).toMatchObject({ refused: expect.stringContaining('two weeks') });
  });
});
