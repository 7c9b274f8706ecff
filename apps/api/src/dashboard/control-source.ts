import type { ControlLog } from '@fluoroscope/log/control-log';
import type { ControlOutcome, ControlState } from '@fluoroscope/xray/control-state';

/** What people edit: the log that takes changes, and what it has been folded into. */
export interface ControlSource {
  log: Pick<ControlLog<ControlOutcome>, 'change' | 'onApplied' | 'counters'>;
  state: ControlState;
}
