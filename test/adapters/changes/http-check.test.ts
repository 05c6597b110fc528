import { CREDENTIALS, startChangeServer, type ChangeServer } from '../../support/change-systems.ts';
import { fileFor, note, openChanges, patience, question } from './open.ts';

let server: ChangeServer;
let answer: unknown;
beforeEach(async () => {
  answer = { allow: true };
  server = await startChangeServer(({ path }) => (path === '/check' ? { status: 200, body: answer } : { status: 204 }));
});
afterEach(() => server.close());

const withSystem = async <T>(
  use: (system: ReturnType<typeof openChanges>['system']) => Promise<T>,
  more?: Record<string, unknown>,
): Promise<T> => {
  const changes = openChanges(fileFor.http(server.url, more));
  return use(changes.system).finally(() => changes.close());
};
const check = () => withSystem((system) => system.check(question({ wave: 'canary' }), patience()));

test('it is told the ticket, the digest, where, who, which wave and the hour, with its token', async () => {
  expect(await check()).toEqual({ approved: true, reason: expect.any(String) as string, state: 'allowed' });
  expect(server.seen).toMatchObject([{ method: 'POST', path: '/check', authorization: `Bearer ${CREDENTIALS.password}` }]);
  expect(server.seen[0]!.body).toEqual({
    ...{ ticket: 'CHG0030001', digest: 'd1', experiment: 'payment-worker', environment: 'production', service: 'payments' },
    ...{ owner: 'payments', requestedBy: 'ann', wave: 'canary', at: '2026-03-11T12:00:00.000Z' },
  });
});

test('what it says is taken: reason, state, who approved, the window, whom to ask', async () => {
  answer = {
    ...{ allow: false, reason: 'not yet', state: 'assess', approvedBy: ['bob'], contact: '#cab', more: 1 },
    ...{ from: '2026-03-11T12:00:00+01:00', until: null },
  };
  expect(await check()).toEqual({
    ...{ approved: false, reason: 'not yet', state: 'assess', approvedBy: ['bob'], contact: '#cab' },
    window: { fromMs: Date.UTC(2026, 2, 11, 11) },
  });
});

test.each([
  {},
  { allow: 'true' },
  { allow: 1 },
  null,
  [],
  true,
  'yes',
  { allow: true, from: 'tomorrow' },
  { allow: true, until: 1_700_000_000 },
  { allow: true, reason: 7 },
])('%j is no answer', async (said) => {
  answer = said;
  await expect(check()).rejects.toThrow('does not answer as its contract says');
});

test('a note has a key by which a repeated one can be known; without an address nothing is sent', async () => {
  await withSystem((system) => system.note(note(), patience()));
  expect(server.seen).toMatchObject([
    {
      path: '/notes',
      headers: { 'idempotency-key': 'breakwater:run.1:r1:end' },
      body: { key: 'breakwater:run.1:r1:end', ticket: 'CHG0030001', moment: 'end', text: expect.stringContaining('ended run') as string },
    },
  ]);
  expect(await withSystem((system) => system.note(note(), patience()), { notes: undefined })).toContain('nothing is written');
  expect(server.seen).toHaveLength(1);
});

test('doctor asks about a ticket that nobody has, and tells when it is allowed', async () => {
  expect(await withSystem((system) => system.reach(patience()))).toContain('ALLOWED: does it check anything?');
  expect(server.seen[0]!.body).toMatchObject({ ticket: 'BREAKWATER-DOCTOR' });
});
