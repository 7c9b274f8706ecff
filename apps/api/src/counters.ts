/** What one api process counts, and how it is shown on `/metrics`. */
import type { ApiCounters } from '@fluoroscope/contract/counters';
import type { ControlLogCounters } from '@fluoroscope/log/control-log';
import { type CounterHelp, exposeCounters } from '@fluoroscope/runtime/counters';
import type { ControlSource } from './dashboard/control-source.js';
import type { StatisticsSource } from './xray/statistics-source.js';

/** The counters that others are shown, and those that only `/metrics` shows. */
export class ApiTally implements ApiCounters {
  requests = 0;
  documents = 0;
  unprocessed = 0;
  liveClients = 0;
  /** Refused for their Host or Origin. */
  refusedSites = 0;
  /** Refused for their signature, their session, their policy or their rate. */
  refusedCallers = 0;
  /** Signatures that were forgotten while they could still be used, because too many were remembered. */
  forgottenSignatures = 0;
  /** Appends that the log refused: full, or broken. */
  refusedAppends = 0;
  /** Calls of PutTraceSegments that were a repetition of an earlier one. */
  repeatedPuts = 0;
  /** Invocations that were forgotten before their time, because too many were remembered. */
  forgottenInvocations = 0;
  /** Edits, and reports of samplers, whose invocation was forgotten before its time. */
  forgottenEdits = 0;
  forgottenReports = 0;
  telemetryRecords = 0;
  /** Data of calls of PutMetricData that were given to the log. */
  metricData = 0;
  /** Calls of PutMetricData that were refused for what they say. */
  rejectedMetricPuts = 0;
  repeatedMetricPuts = 0;
  forgottenMetricPuts = 0;
  /** Calls of PutMetricData whose signature was used before and does not cover the invocation ID: equal calls of one second, or captured ones. */
  repeatedMetricSignatures = 0;
  /** Edges of a service graph whose end was not among its nodes, drawn to `other`. */
  foldedEdges = 0;
  refusedJoins = 0;
  refusedLiveClients = 0;
  /** Live events that are not in the contract. */
  malformedEvents = 0;
  /** Times that a live client left a room because it had fallen behind. */
  laggedRooms = 0;
  /** Rows that the live graph left out, because it holds enough or their slice is not in its window. */
  ignoredLiveRows = 0;

  /** A copy of what the contract names. */
  counters(): ApiCounters {
    const { requests, documents, unprocessed, liveClients } = this;
    return { requests, documents, unprocessed, liveClients };
  }
}

const apiHelp: CounterHelp<ApiTally> = {
  requests: 'HTTP requests',
  documents: 'Documents offered by PutTraceSegments',
  unprocessed: 'Documents answered as unprocessed',
  liveClients: { gauge: 'Clients of the live stream' },
  refusedSites: 'Requests and websocket handshakes refused for their Host or Origin',
  refusedCallers: 'Requests refused for their signature, session, policy or rate',
  forgottenSignatures: 'Signatures forgotten while they could still be used because too many were remembered',
  refusedAppends: 'Appends that the log refused because it is full or broken',
  repeatedPuts: 'PutTraceSegments calls that repeated an earlier one, by amz-sdk-invocation-id',
  forgottenInvocations: 'Invocations forgotten before their time because too many were remembered',
  forgottenEdits: 'Invocations of edits forgotten before their time because too many were remembered',
  forgottenReports: 'Invocations of reports of samplers forgotten before their time because too many were remembered',
  telemetryRecords: 'Records received by PutTelemetryRecords',
  metricData: 'Data offered to the log of metrics by PutMetricData',
  rejectedMetricPuts: 'PutMetricData calls refused for what they say',
  repeatedMetricPuts: 'PutMetricData calls that repeated an earlier one, by amz-sdk-invocation-id',
  forgottenMetricPuts: 'Invocations of PutMetricData forgotten before their time because too many were remembered',
  repeatedMetricSignatures: 'PutMetricData calls with a signature that was used before and covers no amz-sdk-invocation-id',
  foldedEdges: 'Edges of answered service graphs drawn to the node other because their end was folded',
  refusedJoins: 'Joins of live rooms that were refused',
  refusedLiveClients: 'Live clients refused because there were too many',
  malformedEvents: 'Live events that are not in the contract',
  ignoredLiveRows: 'Rows left out of the live graph because it holds enough or their slice is not in its window',
  laggedRooms: 'Times that a live client left a room because it had fallen behind',
};

interface ControlCounters extends ControlLogCounters {
  refused: number;
  unknown: number;
}

const controlHelp: CounterHelp<ControlCounters> = {
  applied: 'Records of the control log applied since the start, those behind the snapshot included',
  refused: 'Records that were refused for what was there before them',
  unknown: 'Records of a kind that this version does not know',
  lost: 'Records of the control log that the disk damaged or lost',
  snapshots: 'Snapshots of the control log written',
  failedSnapshots: 'Snapshots of the control log that could not be written',
};

interface SamplingCounters extends ControlLogCounters {
  unknown: number;
  forgotten: number;
  forgottenRetrievals: number;
}

const samplingHelp: CounterHelp<SamplingCounters> = {
  applied: 'Records of sampling statistics applied since the start, those behind the snapshot included',
  unknown: 'Records of sampling statistics that this version does not understand',
  forgotten: 'Sampling clients forgotten before their time because too many reported',
  forgottenRetrievals: 'Trace retrievals forgotten before their time because too many were begun',
  lost: 'Records of sampling statistics that the disk damaged or lost',
  snapshots: 'Snapshots of the sampling statistics written',
  failedSnapshots: 'Snapshots of the sampling statistics that could not be written',
};

interface Sources {
  tally: ApiTally;
  control: ControlSource;
  statistics: StatisticsSource;
}

/** The registry is one per process, so `/metrics` shows the api that was started last. */
let shown: Sources | null = null;

export function exposeApi(sources: Sources): void {
  const first = shown === null;
  shown = sources;
  if (!first) return;
  exposeCounters('fluoroscope_api', apiHelp, () => shown?.tally ?? null);
  exposeCounters('fluoroscope_control', controlHelp, () => (shown === null ? null : controlCounters(shown.control)));
  exposeCounters('fluoroscope_sampling', samplingHelp, () => (shown === null ? null : samplingCounters(shown.statistics)));
}

function samplingCounters({ log, state }: StatisticsSource): SamplingCounters {
  const { sampling, retrievals } = state;
  return { ...log.counters(), unknown: sampling.unknown, forgotten: sampling.forgotten, forgottenRetrievals: retrievals.forgotten };
}

function controlCounters({ log, state }: ControlSource): ControlCounters {
  return { ...log.counters(), refused: state.refused, unknown: state.unknown };
}
