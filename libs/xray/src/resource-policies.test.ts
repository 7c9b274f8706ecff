import { describe, expect, it } from 'vitest';
import { locksOut, policyProblem } from './resource-policies.js';

const account = '123456789012';
const statement = (members: object = {}) => ({
  Effect: 'Allow',
  Principal: { Service: 'logs.amazonaws.com' },
  Action: ['xray:PutTraceSegments', 'xray:GetSamplingRules'],
  Resource: '*',
  ...members,
});
const policy = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement });
const deny = (members: object) => policy(statement({ Effect: 'Deny', Principal: '*', Action: 'xray:*', ...members }));

describe('the document of a resource policy', () => {
  it.each([policy(statement()), JSON.stringify({ Statement: statement({ Principal: '*', Action: 'xray:*' }) })])('is %s', (document) => {
    expect(policyProblem(document)).toBeNull();
  });

  it.each([
    ['', 'not a JSON object'],
    ['[]', 'not a JSON object'],
    ['{}', 'no Statement'],
    [policy(), 'no Statement'],
    [JSON.stringify({ Version: '2020-01-01', Statement: statement() }), 'Version'],
    ['{"Statement":["a"]}', 'not an object'],
    [policy(statement({ Effect: 'Maybe' })), 'Effect'],
    [policy(statement({ Principal: undefined })), 'Principal or NotPrincipal'],
    [policy(statement({ NotAction: 'a:b' })), 'Action or NotAction'],
    [policy(statement({ Resource: undefined })), 'Resource or NotResource'],
    [policy(statement({ Action: [1] })), 'texts'],
    [policy(statement({ Principal: 'me' })), 'principal'],
    [policy(statement({ Principal: {} })), 'principal'],
    [policy(statement({ Principal: { AWS: [null] } })), 'principal'],
  ])('is not %j', (document, problem) => {
    expect(policyProblem(document)).toContain(problem);
  });
});

describe('a policy locks out whoever puts it', () => {
  it.each([
    {},
    { Principal: { AWS: account } },
    { Principal: { AWS: [`arn:aws:iam::${account}:root`] } },
    { Principal: undefined, NotPrincipal: { AWS: '999999999999' } },
    { Action: ['logs:*', 'XRAY:Put*'] },
    { Action: undefined, NotAction: 'xray:GetGroups' },
  ])('when it denies %j', (members) => {
    expect(locksOut(deny(members), account)).toBe(true);
  });

  it.each([
    { Effect: 'Allow' },
    { Principal: { AWS: '999999999999' } },
    { Principal: { Service: 'logs.amazonaws.com' } },
    { Action: 'xray:GetGroups' },
    { Action: undefined, NotAction: 'xray:*' },
    { Resource: 'arn:aws:xray:eu-west-1:123456789012:group/a/b' },
    { Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
  ])('and not when it says %j', (members) => {
    expect(locksOut(deny(members), account)).toBe(false);
  });
});
