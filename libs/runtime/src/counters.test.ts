import { describe, expect, it } from 'vitest';
import { exposeCounters, metricsText } from './counters.js';

interface Sample {
  received: number;
  inHand: number;
  kernelDrops: number | null;
}

describe('exposeCounters', () => {
  it('shows the values of the moment, leaves out what is not known, and knows counters from gauges', async () => {
    let sample: Sample | null = null;
    exposeCounters<Sample>('test_daemon', { received: 'Datagrams.', inHand: { gauge: 'Undecided.' }, kernelDrops: 'Drops.' }, () => sample);
    expect(await metricsText()).not.toMatch(/^test_daemon/m);
    sample = { received: 7, inHand: 2, kernelDrops: null };
    await metricsText();
    sample = { received: 9, inHand: 1, kernelDrops: null };
    const text = await metricsText();
    expect(text).toContain('# TYPE test_daemon_received_total counter\ntest_daemon_received_total 9\n');
    expect(text).toContain('# TYPE test_daemon_in_hand gauge\ntest_daemon_in_hand 1\n');
    expect(text).not.toMatch(/^test_daemon_kernel_drops_total/m);
  });
});
