/** HTTP as a client that is not well behaved sends it: any header, any body, no defaults. */
import { once } from 'node:events';
import { type IncomingHttpHeaders, request } from 'node:http';

export interface RawAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface RawCall {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

export async function rawCall(url: string, { method = 'POST', headers = {}, body }: RawCall = {}): Promise<RawAnswer> {
  const outgoing = request(url, { method, headers, agent: false });
  outgoing.end(body);
  const [answer] = await once(outgoing, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk);
  return { status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks).toString('utf8') };
}
