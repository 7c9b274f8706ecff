/** The lines of a stream of text as it arrives, several at a time; the last need not end. */
export async function* ndjsonLines(body: ReadableStream<Uint8Array>): AsyncGenerator<string[]> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest: string[] = [];
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const [first = '', ...more] = decoder.decode(part.value, { stream: true }).split('\n');
    rest.push(first);
    if (more.length === 0) continue;
    const last = more.pop() ?? '';
    yield [rest.join(''), ...more];
    rest = [last];
  }
  const last = rest.join('') + decoder.decode();
  if (last !== '') yield [last];
}
