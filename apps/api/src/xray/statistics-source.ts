import type { ControlLog } from '@fluoroscope/log/control-log';
import type { PassingOutcome, PassingState } from '@fluoroscope/xray/passing-state';

/** What samplers report, and who retrieves traces: the log that takes it, and what it has been folded into. */
export interface StatisticsSource {
  log: Pick<ControlLog<PassingOutcome>, 'change' | 'counters'>;
  state: PassingState;
}
