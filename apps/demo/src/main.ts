/**
 * The demo shop in a process of its own: `node apps/demo/dist/main.js`.
 *
 * AWS_XRAY_DAEMON_ADDRESS says where the X-Ray SDK sends segments (127.0.0.1:2000 when unset), FLUOROSCOPE_DEMO_RATE how
 * many requests a second visit the shop. Ends with 0 on SIGTERM or SIGINT, and when the process that forked it goes away.
 */
import { openShop } from './shop.js';
import { Visitors } from './visitors.js';

const defaultRatePerSecond = 20;
/** More would measure this process, not what it sends to. */
const maxRatePerSecond = 500;
/** Stopping takes no longer than this, whatever hangs. */
const stopMs = 4_000;

function ratePerSecond(text: string | undefined): number {
  const rate = text === undefined || text === '' ? defaultRatePerSecond : Number(text);
  if (rate > 0 && rate <= maxRatePerSecond) return rate;
  console.error(`FLUOROSCOPE_DEMO_RATE must be a number above 0 and at most ${maxRatePerSecond}, not "${text}"`);
  process.exit(1);
}

const rate = ratePerSecond(process.env.FLUOROSCOPE_DEMO_RATE);
const shop = await openShop();
const visitors = new Visitors(rate);
visitors.start();
console.log(`demo shop: open, about ${rate} requests a second`);

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  setTimeout(() => process.exit(0), stopMs).unref();
  await visitors.stop();
  await shop.close();
  if (process.connected) process.disconnect();
  const { sent, skipped } = visitors.counts;
  console.log(`demo shop: closed after ${sent} requests (${skipped} skipped, ${shop.refusedMessages()} orders refused by the queue)`);
}

process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => void stop());
process.on('disconnect', () => void stop());
// Before anybody listened.
if (process.connected === false) void stop();
