import { describe, expect, it } from 'vitest';
import { payloadHashOf, signatureOf, type WireRequest } from './sigv4.js';

/** Of AWS's published test suite: its key, its time, and the signature that each of its requests has. */
const secret = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const date = '20150830T123600Z';
const scope = { date: '20150830', region: 'us-east-1', service: 'service' };
const host = ['Host', 'example.amazonaws.com'] as const;
const dated = ['X-Amz-Date', date] as const;

interface Vector {
  name: string;
  method?: string;
  url?: string;
  headers?: WireRequest['headers'];
  body?: string;
  signature: string;
}

const vanilla = '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31';
const vectors: Vector[] = [
  { name: 'get-vanilla', signature: vanilla },
  { name: 'get-slash', url: '//', signature: vanilla },
  { name: 'get-slash-dot-slash', url: '/./', signature: vanilla },
  { name: 'get-relative', url: '/example/..', signature: vanilla },
  { name: 'get-relative-relative', url: '/example1/example2/../..', signature: vanilla },
  {
    name: 'get-slashes',
    url: '//example//',
    signature: '9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84',
  },
  {
    name: 'get-space',
    url: '/example space/',
    signature: '652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741',
  },
  {
    name: 'get-utf8',
    url: `/${Buffer.from('ሴ').toString('latin1')}`,
    signature: '8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85',
  },
  {
    name: 'get-vanilla-query-order-key-case',
    url: '/?Param2=value2&Param1=value1',
    signature: 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  },
  {
    name: 'get-vanilla-query-unreserved',
    url: '/?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
    signature: '9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197',
  },
  {
    name: 'get-header-key-duplicate',
    headers: [
      ['My-Header1', 'value2'],
      ['My-Header1', 'value2'],
      ['My-Header1', 'value1'],
    ],
    signature: 'c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea',
  },
  {
    name: 'get-header-value-order',
    headers: [
      ['My-Header1', 'value4'],
      ['My-Header1', 'value1'],
      ['My-Header1', 'value3'],
      ['My-Header1', 'value2'],
    ],
    signature: '08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01',
  },
  {
    name: 'get-header-value-trim',
    headers: [
      ['My-Header1', ' value1'],
      ['My-Header2', ' "a   b   c"'],
    ],
    signature: 'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
  },
  { name: 'post-vanilla', method: 'POST', signature: '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b' },
  {
    name: 'post-header-key-sort',
    method: 'POST',
    headers: [['My-Header1', 'value1']],
    signature: 'c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c',
  },
  {
    name: 'post-x-www-form-urlencoded',
    method: 'POST',
    headers: [['Content-Type', 'application/x-www-form-urlencoded']],
    body: 'Param1=value1',
    signature: 'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
  },
];

describe("AWS's test suite of Signature Version 4", () => {
  it.each(vectors)('$name', ({ method = 'GET', url = '/', headers = [], body = '', signature }) => {
    const request = { method, url, headers: [host, dated, ...headers] };
    const signedHeaders = [...new Set(request.headers.map(([name]) => name.toLowerCase()))].sort();
    const payloadHash = payloadHashOf(Buffer.from(body));
    expect(signatureOf({ request, signedHeaders, payloadHash, scope, date }, secret).toString('hex')).toBe(signature);
  });
});
