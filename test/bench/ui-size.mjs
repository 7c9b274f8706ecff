/** Bytes of the UI's first load as gzip: the page and what it names itself; what is loaded later by need does not count. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { figure } from './figures.mjs';

const folder = fileURLToPath(new URL('../../apps/ui/dist/', import.meta.url));

export async function measure({ say }) {
  if (!existsSync(`${folder}index.html`)) {
    say('the UI is not built');
    return { figures: [], wrong: [] };
  }
  const page = readFileSync(`${folder}index.html`, 'utf8');
  const named = [...page.matchAll(/(?:src|href)="\/?([^":]+\.(?:js|css))"/g)].map((match) => match[1]);
  const bytes = ['index.html', ...new Set(named)].reduce((sum, name) => sum + gzipSync(readFileSync(folder + name)).length, 0);
  say(`index.html, ${named.join(', ')}`);
  return { figures: [figure('first load of the UI, gzip', bytes / 1000, { unit: 'KB', most: 150 })], wrong: [] };
}
