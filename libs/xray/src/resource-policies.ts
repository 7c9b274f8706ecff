/**
 * Documents of resource policies: whether one is a policy, and whether it would lock out whoever puts it. The language is IAM's
 * (IAM User Guide, "Grammar of the IAM JSON policy language"); here it is read as far as those two questions need it.
 */
import { isObject } from './json-values.js';
import { matchesWildcard } from './sampling-rules.js';

interface Statement {
  Effect: 'Allow' | 'Deny';
  [member: string]: unknown;
}

const versions = ['2012-10-17', '2008-10-17'];
const guarded = 'xray:PutResourcePolicy';

/** In a sentence what is wrong with a document; null for a policy. */
export function policyProblem(document: string): string | null {
  const policy = parse(document);
  if (policy === null) return 'The policy document is not a JSON object';
  if (policy.Version !== undefined && !versions.some((version) => version === policy.Version))
    return `Version must be one of ${versions.join(', ')}`;
  const statements = listOf(policy.Statement);
  if (policy.Statement === undefined || statements.length === 0) return 'The policy document has no Statement';
  for (const statement of statements) {
    const problem = statementProblem(statement);
    if (problem !== null) return problem;
  }
  return null;
}

/**
 * Whether a policy forbids this account to put another policy in its place. Statements with a condition are taken for such that do
 * not hold: what they ask of is not known before the call that they forbid.
 */
export function locksOut(document: string, accountId: string): boolean {
  const statements = listOf(parse(document)?.Statement) as Statement[];
  return statements.some(
    (statement) => statement.Effect === 'Deny' && statement.Condition === undefined && isAbout(statement) && meets(statement, accountId),
  );
}

function statementProblem(statement: unknown): string | null {
  if (!isObject(statement)) return 'A statement is not an object';
  if (statement.Effect !== 'Allow' && statement.Effect !== 'Deny') return 'Effect must be Allow or Deny';
  for (const [member, opposite] of [
    ['Principal', 'NotPrincipal'],
    ['Action', 'NotAction'],
    ['Resource', 'NotResource'],
  ] as const) {
    if ((statement[member] === undefined) === (statement[opposite] === undefined))
      return `A statement must have either ${member} or ${opposite}`;
  }
  const texts = ['Action', 'NotAction', 'Resource', 'NotResource'].flatMap((member) => listOf(statement[member]));
  if (!texts.every((text) => typeof text === 'string' && text !== '')) return 'Actions and resources must be texts';
  const principal = statement.Principal ?? statement.NotPrincipal;
  return principal === '*' || isPrincipal(principal) ? null : 'A principal must be * or an object of texts, such as {"Service": "..."}';
}

function isPrincipal(value: unknown): boolean {
  if (!isObject(value) || Object.keys(value).length === 0) return false;
  return Object.values(value).every((names) => listOf(names).every((name) => typeof name === 'string' && name !== ''));
}

/** The operation is about no resource: only `*` means it. */
function isAbout({ Action, NotAction, Resource, NotResource }: Statement): boolean {
  const isNamed = (actions: unknown) => listOf(actions).some((action) => typeof action === 'string' && matchesWildcard(action, guarded));
  const isEverywhere = Resource === undefined ? !listOf(NotResource).includes('*') : listOf(Resource).includes('*');
  return isEverywhere && (Action === undefined ? !isNamed(NotAction) : isNamed(Action));
}

function meets({ Principal, NotPrincipal }: Statement, accountId: string): boolean {
  const names = (principal: unknown) => (isObject(principal) ? listOf(principal.AWS) : listOf(principal));
  const isMeant = (principal: unknown) => names(principal).some((name) => typeof name === 'string' && isAccount(name, accountId));
  return Principal === undefined ? !isMeant(NotPrincipal) : isMeant(Principal);
}

function isAccount(name: string, accountId: string): boolean {
  return name === '*' || name === accountId || new RegExp(`^arn:[^:]*:iam::${accountId}:root$`).test(name);
}

function listOf(value: unknown): unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

function parse(document: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(document);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}
