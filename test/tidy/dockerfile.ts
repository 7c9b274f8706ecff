/** infra/Dockerfile as its stages; `\` continues a line. */
import { read } from './files.js';

export interface Stage {
  name: string;
  base: string;
  /** Instruction and what follows it. */
  lines: [string, string][];
}

export function imageStages(): Stage[] {
  const stages: Stage[] = [];
  const lines = read('infra/Dockerfile')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  for (const line of lines) {
    const [, word = '', rest = ''] = /^([A-Z]+) (.+)$/.exec(line) ?? [];
    if (word === '') throw new Error(`infra/Dockerfile: ${line}`);
    const [, base = '', name = ''] = word === 'FROM' ? (/^(\S+) AS (\S+)$/.exec(rest) ?? []) : [];
    if (word === 'FROM') stages.push({ name, base, lines: [] });
    else stages.at(-1)?.lines.push([word, rest]);
  }
  return stages;
}
