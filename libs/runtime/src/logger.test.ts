import { describe, expect, it } from 'vitest';
import { createLogger } from './logger.js';

function linesOf(readable: boolean): { lines: string[]; logger: ReturnType<typeof createLogger> } {
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line) };
  return { lines, logger: createLogger({ name: 'daemon', level: 'info', destination, readable }) };
}

describe('createLogger', () => {
  it('writes one JSON line per event, and nothing below its level', () => {
    const { lines, logger } = linesOf(false);
    logger.debug('hidden');
    logger.warn({ drops: 3 }, 'kernel dropped');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 40, name: 'daemon', drops: 3, msg: 'kernel dropped' });
  });

  it('writes a readable line for a terminal, an error as its message', () => {
    const { lines, logger } = linesOf(true);
    logger.warn({ drops: 3, err: new Error('away') }, 'kernel dropped');
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} warn {2}daemon {2}kernel dropped {2}drops=3 {2}err=away\n$/);
  });
});
