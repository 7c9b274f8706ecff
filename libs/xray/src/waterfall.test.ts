import type { SegmentDocument, SubsegmentDocument } from '@fluoroscope/contract/documents';
import { expect, test } from 'vitest';
import { viewTrace } from './trace-view.js';
import { rowFlags, rowKinds, type Waterfall, waterfallOf } from './waterfall.js';

const traceId = '1-6b49d200-6312e05eb59a7b9055d4081a';
const start = 1_800_000_000;
const idOf = (n: number) => n.toString(16).padStart(16, '0');

function segment(n: number, members: Partial<SegmentDocument> = {}): SegmentDocument {
  return { id: idOf(n), trace_id: traceId, name: `service-${n}`, start_time: start, end_time: start + 1, ...members };
}
function subsegment(n: number, members: Partial<SubsegmentDocument> = {}): SubsegmentDocument {
  return { id: idOf(n), name: `work-${n}`, start_time: start + n / 1000, end_time: start + n / 1000 + 0.5, ...members };
}
function streamed(n: number, parent: number, members: Partial<SubsegmentDocument> = {}): SegmentDocument {
  return { ...subsegment(n, members), type: 'subsegment', trace_id: traceId, parent_id: idOf(parent) } as SegmentDocument;
}
const rowsOf = (documents: readonly SegmentDocument[]): Waterfall => waterfallOf(viewTrace(documents)).waterfall;
const nameOf = (rows: Waterfall, row: number): string => rows.strings[rows.name[row] ?? 0] ?? '';
/** One line for each row, indented by its depth. */
const drawn = (rows: Waterfall): string[] =>
  Array.from({ length: rows.count }, (_, row) => {
    const kind = rows.kind[row] ?? 0;
    const word = kind === rowKinds.group ? 'group ' : kind === rowKinds.missing ? '(missing)' : kind === rowKinds.circle ? '(circle)' : '';
    return '  '.repeat(rows.depth[row] ?? 0) + word + nameOf(rows, row);
  });
const hasFlag = (rows: Waterfall, row: number, flag: number): boolean => ((rows.flags[row] ?? 0) & flag) !== 0;

test('writes segments, embedded and streamed subsegments depth first, siblings by their start, whatever their order of arrival', () => {
  const documents = [
    streamed(4, 3),
    segment(6, { parent_id: idOf(2), start_time: start + 0.1 }),
    segment(1, { subsegments: [subsegment(3), subsegment(2)] }),
  ];
  const expected = ['service-1', '  work-2', '    service-6', '  work-3', '    work-4'];
  expect(drawn(rowsOf(documents))).toEqual(expected);
  const rows = rowsOf(documents.toReversed());
  expect(drawn(rows)).toEqual(expected);
  expect([...rows.parent]).toEqual([-1, 0, 1, 0, 3]);
  expect([...rows.subtreeEnd]).toEqual([5, 3, 3, 5, 5]);
  expect([rows.start[2], rows.duration[2], rows.extentMicros]).toEqual([100_000, 900_000, 1_000_000]);
});

test('says what has no parent below a row of its own, and keeps what hangs on it', () => {
  const rows = rowsOf([segment(1), streamed(2, 9), streamed(3, 2), segment(4, { parent_id: idOf(8) })]);
  expect(drawn(rows)).toEqual(['service-1', '(missing)', '  service-4', '  work-2', '    work-3']);
  expect([rows.ids[1], rows.start[1], rows.duration[1]]).toEqual(['missing', 0, 1_000_000]);
});

test('a trace whose first segment names a caller outside of it has that segment as its root', () => {
  const rows = rowsOf([segment(4, { parent_id: idOf(8) }), streamed(5, 4)]);
  expect(drawn(rows)).toEqual(['service-4', '  work-5']);
});

test('cuts circles of parents, and names them', () => {
  const circle = [streamed(2, 4), streamed(3, 2), streamed(4, 3), streamed(5, 3), streamed(6, 6)];
  expect(drawn(rowsOf([segment(1), ...circle]))).toEqual([
    'service-1',
    '(circle)',
    '  work-2',
    '    work-3',
    '      work-4',
    '      work-5',
    '  work-6',
  ]);
  expect(rowsOf(circle.slice(0, 3)).count).toBe(4);
});

test('five siblings in a row with one name are a group, four are not', () => {
  const calls = (count: number) => Array.from({ length: count }, (_, i) => subsegment(10 + i, { name: 'read', fault: i === 3 }));
  const grouped = rowsOf([segment(1, { subsegments: [subsegment(2), ...calls(5), subsegment(90)] })]);
  expect(drawn(grouped)).toEqual(['service-1', '  work-2', '  group read', ...Array(5).fill('    read'), '  work-90']);
  expect([grouped.start[2], grouped.duration[2], grouped.outcome[2]]).toEqual([10_000, 504_000, 3]);
  expect(drawn(rowsOf([segment(1, { subsegments: calls(4) })]))).toEqual(['service-1', ...Array(4).fill('  read')]);
});

test('a group keeps its ID when more of its members come', () => {
  const calls = (count: number) => Array.from({ length: count }, (_, i) => subsegment(30 - i, { name: 'read' }));
  expect(rowsOf([segment(1, { subsegments: calls(9) })]).ids[1]).toBe(rowsOf([segment(1, { subsegments: calls(5) })]).ids[1]);
});

test('work in progress lasts until the last thing that is known of it', () => {
  const open = segment(1, { end_time: undefined, in_progress: true, subsegments: [subsegment(200)] });
  const rows = rowsOf([open]);
  expect([hasFlag(rows, 0, rowFlags.inProgress), rows.duration[0]]).toEqual([true, 700_000]);
  const done = rowsOf([open, segment(1, { subsegments: [subsegment(200)] })]);
  expect([hasFlag(done, 0, rowFlags.inProgress), done.duration[0], done.ids[0]]).toEqual([false, 1_000_000, rows.ids[0]]);
});

test('names calls by service and operation, and notes the table, the query or the path', () => {
  const get = subsegment(2, { name: 'dynamodb', namespace: 'aws', aws: { operation: 'GetItem', table_name: 'carts', retries: 3 } });
  const query = subsegment(3, { name: 'shop@db', namespace: 'remote', sql: { sanitized_query: 'SELECT *\n  FROM  t' } });
  const http = subsegment(4, { name: 'api', namespace: 'remote', http: { request: { method: 'GET', url: 'https://api/v1/x?y=1' } } });
  const rows = rowsOf([segment(1, { subsegments: [get, query, http] })]);
  expect(drawn(rows).slice(1)).toEqual(['  DynamoDB GetItem', '  shop@db', '  api']);
  expect([1, 2, 3].map((row) => rows.strings[rows.note[row] ?? 0])).toEqual(['carts', 'SELECT * FROM t', 'GET /v1/x?y=1']);
  expect([...rows.attempts]).toEqual([0, 3, 0, 0]);
});

test('a call that no segment answers is inferred, one that is answered is not', () => {
  const call = (n: number) => subsegment(n, { namespace: 'remote' });
  const rows = rowsOf([segment(1, { subsegments: [call(2), call(3)] }), segment(4, { parent_id: idOf(3) })]);
  expect([1, 2].map((row) => hasFlag(rows, row, rowFlags.inferred))).toEqual([true, false]);
});

test('knows a Lambda pair and its cold start', () => {
  const service = segment(1, { name: 'fn', origin: 'AWS::Lambda' });
  const initialization = subsegment(3, { name: 'Initialization', start_time: start - 0.2, end_time: start });
  const fn = segment(2, { name: 'fn', origin: 'AWS::Lambda::Function', parent_id: idOf(1), subsegments: [initialization] });
  const rows = rowsOf([service, fn]);
  expect(hasFlag(rows, 1, rowFlags.pair) && hasFlag(rows, 1, rowFlags.cold) && hasFlag(rows, 2, rowFlags.cold)).toBe(true);
  expect([rows.start[2], rows.start[0]]).toEqual([0, 200_000]);
});

test('throttles stay apart from errors, and exceptions are marked where they are kept', () => {
  const cause = { working_directory: '', exceptions: [{ id: idOf(99), message: 'no' }] };
  const failed = subsegment(2, { error: true, throttle: true, cause });
  const rows = rowsOf([segment(1, { subsegments: [failed], error: true, cause: { id: idOf(2), exceptions: [] } })]);
  expect([...rows.outcome]).toEqual([1, 2]);
  expect([0, 1].map((row) => hasFlag(rows, row, rowFlags.exception))).toEqual([false, true]);
});

test('a chain 10,000 deep is written as it is, embedded or streamed', () => {
  let chain = subsegment(20_000);
  for (let n = 9_999; n >= 2; n--) chain = subsegment(n, { subsegments: [chain] });
  const rows = rowsOf([segment(1, { subsegments: [chain] })]);
  expect([rows.count, rows.depth[rows.count - 1], rows.subtreeEnd[0]]).toEqual([10_000, 9_999, 10_000]);
  const links = Array.from({ length: 10_000 }, (_, i) => streamed(i + 2, i + 1));
  expect(rowsOf([...links, segment(1)]).depth[10_000]).toBe(10_000);
});

test('an empty trace has no rows', () => {
  expect(rowsOf([])).toMatchObject({ count: 0, extentMicros: 0, originMicros: 0 });
});
