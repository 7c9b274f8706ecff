/** The entry of a daemon as a process of its own. */
import { runProcess } from '@fluoroscope/runtime/run-process';
import { startDaemonProcess } from './process.js';

await runProcess('daemon', startDaemonProcess);
