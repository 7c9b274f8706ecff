import type { AuditEvent } from '@fluoroscope/contract/audit';
import { describe, expect, it } from 'vitest';
import { csvOf } from './export.js';

const event: AuditEvent = {
  id: 'e-1',
  position: 7,
  at: 1_700_000_000_000,
  actor: '=Ada',
  keyId: null,
  address: '10.0.0.7',
  client: 'a "client", indeed',
  requestId: 'r-1',
  action: 'CreateGroup',
  resource: { type: 'AWS::XRay::Group', name: 'slow' },
  refused: null,
  before: null,
  after: { name: 'slow' },
};

describe('events as CSV', () => {
  it('have a line each, under a line of names, with nothing that a spreadsheet would compute', () => {
    const [names, line, rest] = csvOf([event]).split('\r\n');
    expect(names?.split(',').slice(0, 3)).toEqual(['time', 'actor', 'key']);
    expect(line).toBe(
      `2023-11-14T22:13:20.000Z,'=Ada,,CreateGroup,AWS::XRay::Group,slow,done,,10.0.0.7,"a ""client"", indeed",r-1,e-1,null,"{""name"":""slow""}"`,
    );
    expect(rest).toBe('');
  });
});
