import { expect, test } from 'vitest';
import { ndjsonLines } from './lines.js';

async function linesOf(text: string, bytesEach: number): Promise<string[]> {
  const bytes = new TextEncoder().encode(text);
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < bytes.length; at += bytesEach) controller.enqueue(bytes.subarray(at, at + bytesEach));
      controller.close();
    },
  });
  const lines: string[] = [];
  for await (const some of ndjsonLines(stream)) lines.push(...some);
  return lines;
}

test('gives the same lines however the bytes are cut, inside a character too', async () => {
  for (const bytesEach of [1, 2, 3, 7, 1000])
    expect(await linesOf('{"a":"ü🙂"}\n{}\n\n{"b":1}', bytesEach)).toEqual(['{"a":"ü🙂"}', '{}', '', '{"b":1}']);
});

test('a last line that ends is not followed by another', async () => {
  expect(await linesOf('a\nb\n', 2)).toEqual(['a', 'b']);
  expect(await linesOf('', 1)).toEqual([]);
});
