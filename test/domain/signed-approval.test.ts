import fc from 'fast-check';
import { isSamePerson, whyNotByThem, whyOtherPolicy } from '../../src/domain/approval.ts';
import { whyNotForThis, type ApprovalStatement } from '../../src/domain/signed-approval.ts';

const asking = { number: 2, what: 'wave canary', runId: 'r-1', digest: 'd', policy: 'p', population: 5 };
const question = { workflowId: 'kill.x.1', asking, requestedBy: 'corp:ann', author: 'corp:eve' };
const statement = (changes: object = {}): ApprovalStatement => ({
  ...{ kind: 'approval', iss: 'breakwater', sub: 'corp:bob', jti: 'j', iat: 1_000, exp: 1_900, principal: 'person' },
  ...{ roles: ['approver'], workflowId: 'kill.x.1', asking, ...changes },
});
const glass = (changes: object = {}): ApprovalStatement =>
  statement({ kind: 'break-glass', roles: ['break-glass'], exp: 1_300, breakGlass: { reason: 'r', ticket: 't' }, ...changes });

test('it counts for exactly what is asked', () => {
  expect(whyNotForThis(statement(), question)).toBeUndefined();
  expect(whyNotForThis(glass(), question)).toBeUndefined();
});

test.each(Object.keys(asking) as (keyof typeof asking)[])('another %s is another asking', (field) => {
  const other = { ...asking, [field]: typeof asking[field] === 'number' ? 9 : 'other' };
  for (const made of [statement, glass]) {
    expect(whyNotForThis(made({ asking: other }), question)).toMatch(/^it is for another /);
    expect(whyNotForThis(made(), { ...question, asking: other })).toMatch(/^it is for another /);
  }
});

test('a count that is not there is another count', () => {
  const { population: _, ...without } = asking;
  expect(whyNotForThis(statement({ asking: without }), question)).toContain('number of targets: none, and this is 5');
});

test('another run, and longer than is ever signed', () => {
  expect(whyNotForThis(statement({ workflowId: 'kill.x.2' }), question)).toBe('it is for run kill.x.2, and this is kill.x.1');
  expect(whyNotForThis(statement({ exp: 1_901 }), question)).toContain('at most 900 s');
  expect(whyNotForThis(glass({ exp: 1_301 }), question)).toContain('at most 300 s');
});

test('roles: an approver or an administrator approves, only break-glass breaks glass', () => {
  expect(whyNotForThis(statement({ roles: ['admin'] }), question)).toBeUndefined();
  for (const roles of [[], ['viewer', 'operator'], ['break-glass']])
    expect(whyNotForThis(statement({ roles }), question)).toContain('neither approver nor admin');
  for (const roles of [[], ['admin', 'approver']])
    expect(whyNotForThis(glass({ roles }), question)).toContain('has not the role break-glass');
});

test('nobody approves what they want or wrote; whoever breaks glass may be alone', () => {
  for (const sub of ['corp:ann', 'CORP:Ann ', 'ann']) {
    expect(whyNotForThis(statement({ sub }), question)).toContain('has requested the run');
    expect(whyNotForThis(glass({ sub }), question)).toBeUndefined();
  }
  expect(whyNotForThis(statement({ sub: 'corp:eve' }), question)).toContain('has written the experiment');
  expect(whyNotByThem('bob', { requestedBy: 'ann' })).toBeUndefined();
});

test('who is the same person does not depend on the order, on case or on blanks', () => {
  expect(isSamePerson('corp:ann', 'partner:ann')).toBe(false);
  expect(isSamePerson('ann', 'corp:ann')).toBe(true);
  const name = fc.stringMatching(/^[a-c]{1,2}(:[a-c]{1,2})?$/);
  fc.assert(
    fc.property(name, name, (a, b) => {
      expect(isSamePerson(a, a)).toBe(true);
      expect(isSamePerson(a, b)).toBe(isSamePerson(b, a));
      expect(isSamePerson(` ${a.toUpperCase()} `, b)).toBe(isSamePerson(a, b));
    }),
  );
});

test('an approval stands under the policy that it was given under', () => {
  expect(whyOtherPolicy(undefined, 'q')).toBeUndefined();
  expect(whyOtherPolicy('p', 'p')).toBeUndefined();
  expect(whyOtherPolicy('p', 'q')).toContain('given under policy p, and q is in force');
  expect(whyOtherPolicy('p', undefined)).toContain('an unknown one');
});
