import type { SamplingStatisticsRecord } from '@fluoroscope/contract/sampling';
import type { ControlLog } from '@fluoroscope/log/control-log';
import type { SamplingStatistics } from '@fluoroscope/xray/sampling-statistics';

/** What samplers report: the log that takes it, and what it has been folded into. */
export interface StatisticsSource {
  log: Pick<ControlLog<SamplingStatisticsRecord | null>, 'change' | 'counters'>;
  state: SamplingStatistics;
}
