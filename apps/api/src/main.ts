/** The entry of an api as a process of its own. */
import { runProcess } from '@fluoroscope/runtime/run-process';
import { startApiProcess } from './process.js';

await runProcess('api', startApiProcess);
