import { decideChange } from '../../src/activities/change-control.ts';
import { ChangeSystemError, type ChangeControl, type ChangeSystem } from '../../src/activities/change-port.ts';
import type { ChangeAnswer } from '../../src/domain/change.ts';
import { makePlan } from '../../src/language/digest.ts';
import { experimentDocument } from '../workflows/harness/document.ts';

const document = (ticket?: string) => {
  const plain = experimentDocument();
  return { ...plain, metadata: { ...(plain['metadata'] as object), ...(ticket !== undefined && { ticket }) } };
};
const occasion = { requestedBy: 'ann', atMs: 1_000 };
const yes: ChangeAnswer = { approved: true, reason: '', state: 'Implement' };

const control = (check: ChangeSystem['check'], more: Partial<ChangeControl> = {}): ChangeControl => ({
  system: { name: 'servicenow at s', check, note: () => Promise.reject(new Error()), reach: () => Promise.reject(new Error()) },
  environments: ['stag*'],
  tickets: ['CHG*'],
  contact: 'cab@example.com',
  links: {},
  ...more,
});
const decide = (ticket: string | undefined, changes?: ChangeControl) => decideChange(makePlan(document(ticket), 1, 1), occasion, changes);
const always = control(() => Promise.resolve(yes));

test('nobody is asked without a setting, and in environments that it does not name', async () => {
  expect(await decide('CHG1')).toBeUndefined();
  expect(await decide(undefined, { ...always, environments: ['prod*'] })).toBeUndefined();
});

test('no ticket, and one of another system, are denied without asking; the reason says what to write and whom to ask', async () => {
  const asked = control(() => Promise.reject(new Error('was asked')));
  expect(await decide(undefined, asked)).toMatchObject({
    allowed: false,
    reason: 'environment staging needs the ticket of a change: write `metadata: { ticket: CHG* }`; ask cab@example.com',
  });
  expect(await decide('OPS-1', asked)).toMatchObject({
    allowed: false,
    ticket: 'OPS-1',
    reason: expect.stringMatching(/none of servicenow at s/) as string,
  });
});

test('a moment’s trouble is asked over once; a second one denies, and so does what no repetition heals', async () => {
  const failing = (times: number, retryable: boolean) => {
    let asked = 0;
    const check = () => (++asked > times ? Promise.resolve(yes) : Promise.reject(new ChangeSystemError(`trouble ${asked}`, retryable)));
    return { changes: control(check), asked: () => asked };
  };
  const [once, twice, never] = [failing(1, true), failing(2, true), failing(1, false)];
  expect(await decide('CHG1', once.changes)).toMatchObject({ allowed: true, ticket: 'CHG1', state: 'Implement' });
  expect(await decide('CHG1', twice.changes)).toMatchObject({
    allowed: false,
    reason: expect.stringContaining('could not be checked') as string,
  });
  expect(await decide('CHG1', never.changes)).toMatchObject({ allowed: false, reason: expect.stringContaining('trouble 1') as string });
  expect([once, twice, never].map(({ asked }) => asked())).toEqual([2, 2, 1]);
});

test('a system that says nothing for seconds denies: the gate, and its local activity of 10 s, do not wait for it', async () => {
  const beganMs = Date.now();
  const silent = control(
    (_question, signal) => new Promise((_done, fail) => signal.addEventListener('abort', () => fail(new Error('too late')))),
  );
  expect(await decide('CHG1', silent)).toMatchObject({ allowed: false, reason: expect.stringContaining('too late') as string });
  expect(Date.now() - beganMs).toBeLessThan(8_000);
}, 15_000);
