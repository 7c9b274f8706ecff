/** Ingest: everything on, at a steady rate; nothing may be lost and the graph must show what was sent. */
import { figure, median } from './figures.mjs';
import { runLoad } from './load.mjs';

const goals = { 10000: { micros: 75, bytes: 700e6 } };
/** Of the rate that was sent: the time until the last of it is stored is part of the measure. */
const leastShare = 0.97;
/** `--traces`: the live client looks at the list of traces too. */
const withTraces = process.argv.includes('--traces');
const rates = (process.env.BENCH_RATES ?? '10000,20000').split(',').map(Number);

export async function measure({ seconds, runs, floors, say }) {
  const figures = [];
  const wrong = [];
  for (const rate of rates) {
    const results = [];
    for (let run = 0; run < runs; run++) {
      const result = await runLoad({ rate, seconds, salt: Date.now() + run, withTraces });
      results.push(summaryOf(result));
      say(describe(result, results.at(-1)));
      wrong.push(...problemsOf(result).map((line) => `ingest at ${rate}/s: ${line}`));
    }
    figures.push(...figuresOf(rate, results, floors));
  }
  return { figures, wrong };
}

function summaryOf({ rate, sent, cpu, whileSending, memory, bytesPerRow, metrics, settleMs, storedAtMs, lagAtEnd }) {
  const perSegment = Object.fromEntries(Object.entries(cpu).map(([name, micros]) => [name, micros / sent.sent]));
  const all = Object.values(cpu).reduce((sum, micros) => sum + micros, 0);
  const sendingSeconds = (sent.endedMs - sent.startedMs) / 1000;
  const cores = Object.values(whileSending).reduce((sum, micros) => sum + micros, 0) / 1e6 / sendingSeconds;
  return {
    perSegment,
    micros: all / sent.sent,
    cores,
    rate: (metrics.get('fluoroscope_writer_stored_total') / Math.max(1, storedAtMs - sent.startedMs)) * 1000,
    lost: sent.sent - metrics.get('fluoroscope_writer_stored_total'),
    drops: metrics.get('fluoroscope_daemon_kernel_drops_total') ?? 0,
    lagSeconds: lagAtEnd / rate,
    settleSeconds: settleMs / 1000,
    ...memory,
    bytesPerRow,
  };
}

function figuresOf(rate, results, floors) {
  const middle = (read) => median(results.map(read));
  const at = `at ${rate.toLocaleString('en-US')}/s`;
  const goal = goals[rate] ?? {};
  const floor = floors === undefined ? undefined : floors.receiveMicros + floors.insertMicros;
  return [
    figure(
      `segments/s stored, sent ${at}`,
      middle(({ rate: stored }) => stored),
      { unit: '/s', digits: 0, least: rate === 20_000 ? rate * leastShare : undefined },
    ),
    figure(
      `segments lost ${at}`,
      middle(({ lost }) => lost),
      { digits: 0, most: 0 },
    ),
    figure(
      `  of them dropped by the kernel ${at}`,
      middle(({ drops }) => drops),
      { digits: 0 },
    ),
    figure(
      `CPU per segment ${at}, whole tree`,
      middle(({ micros }) => micros),
      { unit: 'us', most: goal.micros, floor },
    ),
    ...Object.keys(results[0].perSegment).map((part) =>
      figure(
        `  ${part}`,
        middle(({ perSegment }) => perSegment[part]),
        { unit: 'us' },
      ),
    ),
    figure(
      `cores used while sending ${at}`,
      middle(({ cores }) => cores),
      { digits: 2 },
    ),
    figure(
      `behind at the end of sending ${at}`,
      middle(({ lagSeconds }) => lagSeconds),
      { unit: 's', digits: 2 },
    ),
    figure(
      `until all is in the stored graph ${at}`,
      middle(({ settleSeconds }) => settleSeconds),
      { unit: 's' },
    ),
    figure(
      `memory of the tree ${at}, RSS peak`,
      middle(({ resident }) => resident / 1e6),
      { unit: 'MB', digits: 0, most: goal.bytes && goal.bytes / 1e6 },
    ),
    figure(
      `memory of the tree ${at}, PSS peak`,
      middle(({ proportional }) => proportional / 1e6),
      { unit: 'MB', digits: 0 },
    ),
    figure(
      `disk per row ${at}`,
      middle(({ bytesPerRow }) => bytesPerRow),
      { unit: 'B', most: 160 },
    ),
  ];
}

/** Kernel drops are a figure; anything else that is missing is a fault of the product. */
function problemsOf({ sent, metrics, wrong, live }) {
  const problems = [];
  const value = (name) => metrics.get(`fluoroscope_${name}`) ?? 0;
  const drops = value('daemon_kernel_drops_total');
  const missing = (what, is, should) => is !== should && problems.push(`${what} ${is}, not ${should}`);
  missing('received', value('daemon_received_total'), sent.sent - sent.failed - drops);
  missing('appended', value('daemon_appended_total'), value('daemon_received_total'));
  missing('stored', value('writer_stored_total'), value('daemon_received_total'));
  if (withTraces && live.rows === 0) problems.push('the live client was not told of any trace');
  if (live.gaps > 0) problems.push(`the live client saw ${live.gaps} gaps`);
  if (drops === 0) problems.push(...wrong.slice(0, 5), ...(wrong.length > 5 ? [`and ${wrong.length - 5} more`] : []));
  return problems;
}

function describe(
  { rate, sent, live, startMs },
  { micros, perSegment, cores, lost, drops, lagSeconds, settleSeconds, resident, bytesPerRow, peaks: peakBytes },
) {
  const peaks = Object.entries(peakBytes).map(([name, bytes]) => `${name} ${(bytes / 1e6).toFixed(0)}`);
  const parts = Object.entries(perSegment).map(([name, part]) => `${name} ${part.toFixed(1)}`);
  return [
    `${rate}/s: ${sent.sent} sent (latest by ${sent.latestMs.toFixed(0)} ms, sender ${(sent.cpuMicros / sent.sent).toFixed(1)} us each), lost ${lost} (kernel ${drops})`,
    `  CPU ${micros.toFixed(1)} us/segment (${parts.join(', ')}), ${cores.toFixed(2)} cores while sending`,
    `  behind ${lagSeconds.toFixed(2)} s at the end, settled after ${settleSeconds.toFixed(1)} s, RSS ${(resident / 1e6).toFixed(0)} MB (peaks: ${peaks.join(', ')}), ${bytesPerRow.toFixed(0)} B/row, ${live.frames} live frames${withTraces ? ` and ${live.rows} rows` : ''}, started in ${startMs.toFixed(0)} ms`,
  ].join('\n');
}
