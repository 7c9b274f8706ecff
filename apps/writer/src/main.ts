/** The entry of a writer as a process of its own. */
import { runProcess } from '@fluoroscope/runtime/run-process';
import { startWriterProcess } from './process.js';

await runProcess('writer', startWriterProcess);
