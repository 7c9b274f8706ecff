/** Filter expressions that were applied in this browser, the latest first. */
import { remember, remembered } from '../shell/memory.js';

const key = 'fluoroscope.filters';
const mostKept = 20;

export function recentFilters(): string[] {
  try {
    const kept: unknown = JSON.parse(remembered(key) ?? '[]');
    return Array.isArray(kept) ? kept.filter((one) => typeof one === 'string' && one !== '').slice(0, mostKept) : [];
  } catch {
    return [];
  }
}

export function keepFilter(text: string): void {
  remember(key, JSON.stringify([text, ...recentFilters().filter((one) => one !== text)].slice(0, mostKept)));
}
