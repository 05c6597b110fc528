import { jiraIssue, startJira, type JiraIssue } from '../../support/change-systems.ts';
import { fileFor, note, openChanges, patience, question } from './open.ts';

let server: Awaited<ReturnType<typeof startJira>>;
beforeEach(async () => {
  server = await startJira([jiraIssue(), jiraIssue({ key: 'OPS-43' })]);
});
afterEach(() => server.close());

const withSystem = async <T>(
  use: (system: ReturnType<typeof openChanges>['system']) => Promise<T>,
  more?: Record<string, unknown>,
): Promise<T> => {
  const changes = openChanges(fileFor.jira(server.url, more));
  return use(changes.system).finally(() => changes.close());
};
const check = (issue: Partial<JiraIssue> = {}, more?: Record<string, unknown>) => {
  Object.assign(server.issues[0]!, issue);
  return withSystem((system) => system.check(question({ ticket: 'OPS-42' }), patience()), more);
};

test('an issue that is in the right status, approved and planned is allowed; offsets of its dates count', async () => {
  expect(await check()).toEqual({
    ...{ approved: true, reason: '', state: 'Implementing', approvedBy: ['Bob'], contact: 'Ann' },
    window: { fromMs: Date.UTC(2026, 0, 1), untilMs: Date.UTC(2126, 0, 1) },
  });
  expect(server.seen.map(({ path }) => path)).toEqual(['/rest/api/3/issue/OPS-42', '/rest/servicedeskapi/request/OPS-42/approval']);
});

test.each<[Partial<JiraIssue>, string]>([
  [{ status: 'Awaiting approval' }, 'its status must be one of Implementing'],
  [{ approvals: [] }, 'it has no approval at all'],
  [{ approvals: [{ name: 'CAB', finalDecision: 'pending', by: [] }] }, 'not approved: CAB is pending'],
  [
    {
      approvals: [
        { name: 'Peer', finalDecision: 'approved', by: ['Bob'] },
        { name: 'CAB', finalDecision: 'declined', by: [] },
      ],
    },
    'CAB is declined',
  ],
  [{ fields: { customfield_10050: '2026-01-01T00:00:00.000Z' } }, 'no planned start and end'],
  [{ fields: { customfield_10050: '2026-01-01', customfield_10051: '2126-01-01' } }, 'no planned start and end with an hour'],
])('%j is not allowed', async (issue, reason) => {
  expect(await check(issue)).toMatchObject({ approved: false, reason: expect.stringContaining(reason) as string });
});

test('an issue of no service project has no approvals to be asked for: not checked, unless the settings say that its status alone counts', async () => {
  await expect(check({ approvals: undefined, assignee: null })).rejects.toThrow('answered 404');
  expect(await check({}, { approvals: 'none', window: 'none' })).toEqual({ approved: true, reason: '', state: 'Implementing' });
});

test.each(['OPS-99', 'OPS-42/../OPS-43', 'ops-42', 'OPS-42?x', '../../x'])("'%s' is no ticket that is there", async (ticket) => {
  await expect(withSystem((system) => system.check(question({ ticket }), patience()))).rejects.toThrow(/404|no key/);
});

test('a note is an internal comment, written once', async () => {
  await withSystem(async (system) => {
    const mine = note({ ticket: 'OPS-42' });
    expect(await system.note(mine, patience())).toBe('commented on OPS-42');
    expect(await system.note(mine, patience())).toBe('OPS-42 has this note already');
  });
  expect(server.issues[0]!.comments).toHaveLength(1);
  expect(server.issues[0]!.comments[0]).toMatchObject({
    properties: [{ key: 'sd.public.comment', value: { internal: true } }],
    body: { type: 'doc', version: 1 },
  });
  const text = JSON.stringify(server.issues[0]!.comments[0]!.body);
  expect(text).toContain('"marks":[{"type":"link","attrs":{"href":"https://b.example/run.1"}}]');
});

test('a comment whose answer was lost is found the next time', async () => {
  server.hits = ({ method }) => method === 'POST';
  server.troubles.push('cut');
  await withSystem(async (system) => {
    const mine = note({ ticket: 'OPS-42' });
    await expect(system.note(mine, patience())).rejects.toMatchObject({ retryable: true });
    expect(await system.note(mine, patience())).toContain('already');
  });
  expect(server.issues[0]!.comments).toHaveLength(1);
});

test('doctor asks who we are', async () => {
  expect(await withSystem((system) => system.reach(patience()))).toBe('it knows us as Breakwater');
});
