/** A row for tests: a finished request to one service, with what the test says of it. */
import type { TraceRow } from '@fluoroscope/contract/traces';

const shop = { name: 'shop', type: '', accountId: '' };

export function rowOf(number: number, fields: Partial<TraceRow> = {}): TraceRow {
  return {
    traceId: `1-5f000000-${number.toString(16).padStart(24, '0')}`,
    startMicros: 1_700_000_000_000_000 + number * 1_000,
    responseMicros: 120_000,
    durationMicros: 120_000,
    inProgress: false,
    outcome: 'ok',
    worst: 'ok',
    entry: shop,
    method: 'GET',
    url: 'http://shop/items',
    status: 200,
    services: [shop],
    moreServices: 0,
    annotations: {},
    documents: 1,
    ...fields,
  };
}
