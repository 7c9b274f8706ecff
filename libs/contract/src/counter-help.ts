/** What the counters of daemons, writers and their part in Kafka are, for `/metrics`, whichever process shows them. */
import type { DaemonCounters, KafkaAppenderCounters, KafkaGroupCounters, MetricWriterCounters, WriterCounters } from './counters.js';

type Help<Counters> = { [Name in keyof Counters]?: string | { gauge: string } };

export const daemonHelp: Help<DaemonCounters> = {
  received: 'Datagrams received',
  appended: 'Datagrams appended to the log',
  rejected: 'Datagrams rejected for their header or body',
  spilledOver: 'Datagrams dropped because the buffer or the log was full',
  inHand: { gauge: 'Datagrams received and not yet decided' },
  otlp: 'Datagrams of the ADOT exporter, recognised and rejected',
  kernelDrops: 'Datagrams that the kernel dropped',
  receiveBufferBytes: { gauge: 'Receive buffer that the kernel granted' },
  sent: 'Documents uploaded to another address',
  unsent: 'Documents that another address refused or that failed to upload',
};

export const writerHelp: Help<WriterCounters> = {
  appended: 'Documents in the log since the data was created',
  stored: 'Distinct documents kept',
  replaced: 'Copies and other versions of documents that are kept',
  rejected: 'Documents refused by X-Ray rules or for their time',
  dead: 'Documents kept aside because ClickHouse refused their content',
  lost: 'Documents that could not be read back from the log, because the disk damaged or lost them',
  lag: { gauge: 'Documents in the log and not yet decided' },
  negativeDurations: 'Negative durations counted as 0',
  folded: 'Nodes and edges folded into other',
  refusedDeployments: 'Versions, runtimes and images not noted because there were too many',
  partialTraces: 'Times that late documents met a trace too large to be looked at as a whole',
  droppedDays: 'Days of data dropped since the start, for their age or to make room',
  staleSlices: { gauge: 'Slices with facts that the stored graph does not show yet' },
};

export const metricWriterHelp: Help<MetricWriterCounters> = {
  appended: 'Documents in the log of metrics since the data was created',
  stored: 'Documents kept, with those that say again what is kept',
  rejected: 'Documents refused by CloudWatch rules or for their time',
  dead: 'Documents kept aside because ClickHouse refused their content',
  lost: 'Documents that could not be read back from the log, because the disk damaged or lost them',
  lag: { gauge: 'Documents in the log and not yet decided' },
  data: 'Data of the documents that were kept',
};

export const kafkaHelp: Help<KafkaAppenderCounters> = {
  appendedDocuments: 'Documents that the brokers have acknowledged',
  appendedBytes: 'Bytes of the documents that the brokers have acknowledged',
  messages: 'Messages that the documents travelled in',
  flushes: 'Sends that the brokers have acknowledged',
  failedFlushes: 'Sends that no broker acknowledged',
  refused: 'Appends refused because too much waited already',
  inHandBytes: { gauge: 'Bytes of documents that wait for the brokers' },
};

export const groupHelp: Help<KafkaGroupCounters> = {
  partitions: { gauge: 'Partitions that this process reads' },
  rebalances: 'Times that the partitions were given out anew',
  lostPartitions: 'Partitions that have gone to another process, or that this one had to begin anew',
  lostMessages: 'Messages that retention took before they were read',
  plainMessages: 'Messages of other producers than the daemon and the api',
  rehomed: 'Documents in the wrong partition, written again to the right one',
  deadMessages: 'Messages set aside because they cannot be read',
};

export const publisherHelp: Help<{ dropped: number }> = {
  dropped: 'Live messages dropped because Kafka did not take them in time',
};
