/** What makes the shop behave like a shop: chances, and waits with a long tail. */
import { setTimeout as sleep } from 'node:timers/promises';

/** No simulated wait is longer, so that requests end and the shop can stop. */
const longestWaitMs = 2_500;

export function chance(probability: number): boolean {
  return Math.random() < probability;
}

export function pick<T>(choices: readonly [T, ...T[]]): T {
  return choices[Math.floor(Math.random() * choices.length)] ?? choices[0];
}

/** Waits a log-normal time: half of the waits are shorter than `medianMs`; `spread` 0.3 is steady, 1 has a long tail. */
export async function work(medianMs: number, spread = 0.3): Promise<void> {
  const normal = Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  await sleep(Math.min(longestWaitMs, medianMs * Math.exp(spread * normal)));
}
