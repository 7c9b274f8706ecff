import type { SamplingView } from '@fluoroscope/contract/sampling';
import type { StatisticsSource } from '../xray/statistics-source.js';
import type { ControlSource } from './control-source.js';

/** The rules as they stand, and what each is used for. */
export function samplingView(control: ControlSource, statistics: StatisticsSource, nowMs: number): SamplingView {
  const rules = control.state.samplingRules.records();
  return { rules, uses: rules.map(({ rule }) => statistics.state.sampling.use(rule.name, nowMs)) };
}
