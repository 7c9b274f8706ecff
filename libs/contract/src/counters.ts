/**
 * The fates of a segment, as counters that processes report to each other and that `/metrics` and the ingest doctor show.
 *
 * Since a daemon's start: received = appended + rejected + spilledOver + inHand.
 * Over the life of the data: appended = stored + replaced + rejected + dead + lost + lag.
 */

/** What the UDP side of one daemon process saw since its start. Counts are datagrams. */
export interface DaemonCounters {
  /** The port it listens on. */
  port: number;
  /** Datagrams with a length above 0, before any check. */
  received: number;
  /** On disk (or acknowledged by Kafka). */
  appended: number;
  /** Header missing or invalid, or a body that cannot be a document. */
  rejected: number;
  /** Dropped, oldest first, because the buffer was full or the log refused. */
  spilledOver: number;
  /** Received and not yet decided. */
  inHand: number;
  /** Of the rejected: bodies of the ADOT UDP exporter (`T1S`, `T1U`), which are recognised but not decoded yet. */
  otlp: number;
  /** The kernel's own drops of the UDP socket; not part of `received`. Null where the system does not tell. */
  kernelDrops: number | null;
  /** Bytes of receive buffer the kernel granted. */
  receiveBufferBytes: number;
  /** Side-car mode: documents uploaded to the other address, and documents that the other address refused or that failed. */
  sent: number;
  unsent: number;
  /** Why the last datagram was rejected, verbatim, and when (epoch ms); null before the first. */
  lastRejection: Rejection | null;
}

/** What one process has written to one topic of Kafka. Since this process's start, but `inHandBytes`. */
export interface KafkaAppenderCounters {
  appendedDocuments: number;
  appendedBytes: number;
  messages: number;
  flushes: number;
  /** Flushes that no broker acknowledged. */
  failedFlushes: number;
  /** Appends refused because too much waited already. */
  refused: number;
  inHandBytes: number;
}

/** One process as a member of the group that reads a topic of documents. Since this process's start, but `partitions`, which are ours now. */
export interface KafkaGroupCounters {
  partitions: number;
  rebalances: number;
  /** Readers that ended because another member has their partition. */
  lostPartitions: number;
  /** Messages that retention took before they were read. */
  lostMessages: number;
  /** Messages of somebody's own producer; some of them are the next two. */
  plainMessages: number;
  rehomed: number;
  deadMessages: number;
}

/** What the writer has decided since the data was created. Counts are documents. */
export interface WriterCounters {
  /** Documents in the log since the data was created. */
  appended: number;
  /** Distinct documents kept in ClickHouse. */
  stored: number;
  /** A copy, or another version of a document that is stored. */
  replaced: number;
  /** Refused by X-Ray's rules, or outside [now - 30 days, now + 15 min]. */
  rejected: number;
  /** Kept aside because ClickHouse refused their content. */
  dead: number;
  /** Could not be read back from the log, because the disk damaged or lost it. */
  lost: number;
  /** In the log and not yet decided. */
  lag: number;
  /** Negative durations counted as 0. */
  negativeDurations: number;
  /** Nodes and edges folded into `other`. */
  folded: number;
  /** Versions, runtimes and images that were not noted because there were too many. */
  refusedDeployments: number;
  /** Since the writer's start: how often documents met a trace too large to be looked at as a whole. */
  partialTraces: number;
  /** Since the writer's start: days whose data was dropped, for their age or to make room. */
  droppedDays: number;
  /** Slices that have facts which the stored graph does not show yet. */
  staleSlices: number;
  lastRejection: Rejection | null;
}

/**
 * What the writer of metrics has decided since the data was created. Counts are documents, which are calls of PutMetricData, but `data`.
 * appended = stored + rejected + dead + lost + lag.
 */
export interface MetricWriterCounters {
  /** Documents in the log of metrics since the data was created. */
  appended: number;
  /** Kept in ClickHouse; one that says again what is kept is among them. */
  stored: number;
  /** Refused by CloudWatch's rules, or with a time outside [when it was received - 2 weeks, + 2 hours]. */
  rejected: number;
  /** Kept aside because ClickHouse refused their content. */
  dead: number;
  /** Could not be read back from the log, because the disk damaged or lost it. */
  lost: number;
  /** In the log and not yet decided. */
  lag: number;
  /** Data of the stored documents. */
  data: number;
  lastRejection: Rejection | null;
}

export interface Rejection {
  reason: string;
  at: number;
}

/** What the HTTP side of one api process saw since its start. */
export interface ApiCounters {
  requests: number;
  /** Documents offered by PutTraceSegments. */
  documents: number;
  /** Documents answered as unprocessed. */
  unprocessed: number;
  liveClients: number;
}

/** One partition of the segments' topic. */
export interface PartitionLag {
  partition: number;
  /** Documents in the log and not yet decided. */
  lag: number;
  /** The process that writes it, as host and process ID; null while nobody says so. */
  owner: string | null;
}

/** The ingest doctor's view: a part is null until it has reported. */
export interface IngestCounters {
  daemon: DaemonCounters | null;
  writer: WriterCounters | null;
  api: ApiCounters | null;
  /** In their order, those that were heard of; none where the log is on a disk. */
  partitions: PartitionLag[];
}
