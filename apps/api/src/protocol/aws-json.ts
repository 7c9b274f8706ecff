/** AWS JSON 1.0, compatible with AWS Query: an error carries its code of that protocol in a header. */
import { membersOf } from './request.js';
import { plainOutput, type WireProtocol } from './wire-protocol.js';

export const queryErrorHeader = 'x-amzn-query-error';
const headers = { 'content-type': 'application/x-amz-json-1.0' };

export const awsJson: WireProtocol = {
  decode: ({ body }) => membersOf(body),
  encode: (output) => {
    const plain = plainOutput(output ?? {}, (value) => value.getTime() / 1000);
    return { status: 200, headers, body: JSON.stringify(plain, textWhereJsonHasNoNumber) };
  },
  encodeError: ({ status, type, code, fault, message }) => ({
    status,
    headers: { ...headers, [queryErrorHeader]: `${code};${fault}` },
    body: JSON.stringify({ __type: type, message }),
  }),
};

function textWhereJsonHasNoNumber(_name: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
