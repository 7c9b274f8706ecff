/** What one process tree counts of itself, for `/metrics`: its logs, and the processes that had to be started again. */
import type { EmbeddedClickHouse } from '@fluoroscope/clickhouse/embedded';
import { daemonHelp, metricWriterHelp, writerHelp } from '@fluoroscope/contract/counter-help';
import type { DiskLogCounters } from '@fluoroscope/log/disk-log';
import { type CounterHelp, exposeCounters } from '@fluoroscope/runtime/counters';
import { perLog } from './messages.js';
import type { Recorder } from './recorder.js';
import type { WriterChild } from './writer-child.js';

const logHelp: CounterHelp<DiskLogCounters> = {
  bytes: { gauge: 'Bytes of log files on disk' },
  files: { gauge: 'Log files on disk' },
  pendingBytes: { gauge: 'Bytes that wait for the disk' },
  appendedBytes: 'Bytes appended',
  syncs: 'Groups of appends made durable together',
  refusedAtCap: 'Appends refused because the log holds as many bytes as it may',
  refusedForMemory: 'Appends refused because too much waited for the disk',
  refusedByDisk: 'Groups of appends that the disk refused',
  refusedBroken: 'Appends refused because the disk had failed or the log was closed',
  tornBytes: 'Bytes of an incomplete record that the start cut off',
  damagedRegions: 'Damaged places that the start found',
  lostDocuments: 'Documents in the damaged places',
  deletedFiles: 'Files deleted because every reader was past them',
  droppedReaders: 'Readers dropped because they showed no sign of life',
};

interface TreeCounters {
  writerRestarts: number;
  clickhouseRestarts: number | null;
}

const treeHelp: CounterHelp<TreeCounters> = {
  writerRestarts: 'Times that the writer process was started again',
  clickhouseRestarts: 'Times that the embedded ClickHouse was started again',
};

const prefixes = {
  segments: 'fluoroscope_log',
  metrics: 'fluoroscope_metric_log',
  control: 'fluoroscope_control_log',
  sampling: 'fluoroscope_sampling_log',
} as const;

export function exposeTree(tree: { recorder: Recorder; writer: WriterChild; embedded: EmbeddedClickHouse | null }): void {
  const { recorder, writer, embedded } = tree;
  perLog((log) => exposeCounters(prefixes[log], logHelp, () => recorder.logs[log].report?.counters ?? null));
  exposeCounters('fluoroscope_daemon', daemonHelp, () => recorder.counters);
  exposeCounters('fluoroscope_writer', writerHelp, () => writer.counters);
  exposeCounters('fluoroscope_metric_writer', metricWriterHelp, () => writer.metricCounters);
  exposeCounters('fluoroscope_tree', treeHelp, () => ({
    writerRestarts: writer.restarts,
    clickhouseRestarts: embedded?.restarts() ?? null,
  }));
}
