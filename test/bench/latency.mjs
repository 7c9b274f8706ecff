/** From a datagram to a page: how long until a live client has what was just sent, while 10,000 segments/s go by. */
import { liveHz } from '@fluoroscope/contract/live';
import { figure, percentile } from './figures.mjs';
import { runLoad } from './load.mjs';

const rate = 10_000;
/** A tick may just have passed; the rest is the way through the product. */
const goalMs = 1000 / liveHz + 25;

export async function measure({ seconds, say }) {
  const { live, metrics } = await runLoad({ rate, seconds, salt: Date.now(), probe: true });
  const { latenciesMs, missing, probes } = live;
  const at = (share) => percentile(latenciesMs, share);
  say(`${probes} probes, ${missing} not seen; p50 ${at(0.5).toFixed(0)} ms, p90 ${at(0.9).toFixed(0)} ms, p99 ${at(0.99).toFixed(0)} ms`);
  const drops = metrics.get('fluoroscope_daemon_kernel_drops_total') ?? 0;
  return {
    figures: [
      figure('UDP to client at 10,000/s, p50', at(0.5), { unit: 'ms' }),
      figure('UDP to client at 10,000/s, p99', at(0.99), { unit: 'ms', most: goalMs, floor: 1000 / liveHz }),
    ],
    wrong: missing > 0 && drops === 0 ? [`latency: ${missing} of ${probes} probes never reached the client`] : [],
  };
}
