/** What the counters of a daemon and of a writer are, for `/metrics`, whichever process shows them. */
import type { DaemonCounters, WriterCounters } from './counters.js';

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
