/** What the ingest doctor lists: each counter with what it means, and whether a value above 0 is trouble. */
import type { ApiCounters, DaemonCounters, IngestCounters, Rejection, WriterCounters } from '@fluoroscope/contract/counters';

export interface CounterRow {
  label: string;
  /** Null: the system does not tell. */
  value: number | null;
  meaning: string;
  /** Above 0 something was lost or refused. */
  trouble: boolean;
}

export interface CounterGroup {
  title: string;
  unit: string;
  /** Null: nothing has been reported yet. */
  rows: CounterRow[] | null;
  rejection: Rejection | null;
}

function row(label: string, value: number | null, meaning: string, trouble = false): CounterRow {
  return { label, value, meaning, trouble };
}

function daemonRows(daemon: DaemonCounters): CounterRow[] {
  return [
    row('Received', daemon.received, 'Datagrams that reached the daemon'),
    row('Appended', daemon.appended, 'On disk: will not be lost'),
    row('Rejected', daemon.rejected, 'No valid header, or no document', true),
    row('Spilled over', daemon.spilledOver, 'Dropped: the buffer was full', true),
    row('In hand', daemon.inHand, 'Received, not decided yet'),
    row('OpenTelemetry', daemon.otlp, 'Of the rejected: recognised, not decoded yet', true),
    row('Kernel drops', daemon.kernelDrops, 'Lost before they reached us: raise net.core.rmem_max', true),
  ];
}

function writerRows(writer: WriterCounters): CounterRow[] {
  return [
    row('Appended', writer.appended, 'Documents in the log'),
    row('Stored', writer.stored, 'In the database'),
    row('Replaced', writer.replaced, 'A copy, or another version of a stored one'),
    row('Rejected', writer.rejected, "Refused by X-Ray's rules, or out of time", true),
    row('Dead', writer.dead, 'Kept aside: the database refused them', true),
    row('Lag', writer.lag, 'In the log, not decided yet'),
    row('Folded', writer.folded, 'Nodes and edges folded into "other"', true),
    row('Negative durations', writer.negativeDurations, 'Ended before they began; counted as 0', true),
  ];
}

function apiRows(api: ApiCounters): CounterRow[] {
  return [
    row('Requests', api.requests, 'To the api, those of these pages included'),
    row('Documents', api.documents, 'Offered by PutTraceSegments'),
    row('Unprocessed', api.unprocessed, 'Answered as unprocessed', true),
    row('Live pages', api.liveClients, 'Connected to the live stream'),
  ];
}

export function groupsOf({ daemon, writer, api }: IngestCounters): CounterGroup[] {
  return [
    { title: 'UDP', unit: 'datagrams', rows: daemon && daemonRows(daemon), rejection: daemon?.lastRejection ?? null },
    { title: 'Writer', unit: 'documents', rows: writer && writerRows(writer), rejection: writer?.lastRejection ?? null },
    { title: 'HTTP', unit: '', rows: api && apiRows(api), rejection: null },
  ];
}

/** The latest rejection of any part. */
export function latestRejection({ daemon, writer }: IngestCounters): Rejection | null {
  const [first = null, second = null] = [daemon?.lastRejection, writer?.lastRejection];
  if (!first || !second) return first ?? second;
  return first.at >= second.at ? first : second;
}
