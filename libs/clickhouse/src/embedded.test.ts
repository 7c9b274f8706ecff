import { describe, expect, it } from 'vitest';
import { unsupportedPlatform } from './embedded.js';

const nothing = () => false;
const remedy = 'set FLUOROSCOPE_CLICKHOUSE_URL to a ClickHouse server, or use a glibc Linux or macOS.';

describe('the platform of the embedded engine', () => {
  it.each([
    ['Windows', { name: 'win32', has: nothing }],
    ['musl (Alpine)', { name: 'linux', has: (path: string) => path === '/lib/ld-musl-x86_64.so.1' }],
  ] as const)('is refused in one line that says what to do: %s', (where, platform) => {
    expect(unsupportedPlatform(platform)).toBe(`The embedded ClickHouse does not run on ${where}: ${remedy}`);
  });

  it.each([
    ['Linux, x64', { name: 'linux', has: (path: string) => path === '/lib64/ld-linux-x86-64.so.2' }],
    ['Linux, arm64', { name: 'linux', has: (path: string) => path === '/lib/ld-linux-aarch64.so.1' }],
    ['macOS', { name: 'darwin', has: nothing }],
  ] as const)('is taken: %s', (_, platform) => {
    expect(unsupportedPlatform(platform)).toBeNull();
  });
});
