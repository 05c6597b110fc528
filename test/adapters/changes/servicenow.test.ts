import { changeRequest, startServiceNow, type ChangeRequest } from '../../support/change-systems.ts';
import { fileFor, note, openChanges, patience, question } from './open.ts';

let server: Awaited<ReturnType<typeof startServiceNow>>;
beforeEach(async () => {
  server = await startServiceNow([changeRequest(), changeRequest({ number: 'CHG0030002', sys_id: 'b'.repeat(32) })]);
});
afterEach(() => server.close());

const withSystem = async <T>(
  use: (system: ReturnType<typeof openChanges>['system']) => Promise<T>,
  more?: Record<string, unknown>,
): Promise<T> => {
  const changes = openChanges(fileFor.servicenow(server.url, more));
  return use(changes.system).finally(() => changes.close());
};
const check = (row: Partial<ChangeRequest> = {}, more?: Record<string, unknown>) => {
  Object.assign(server.rows[0]!, row);
  return withSystem((system) => system.check(question(), patience()), more);
};

test('a change that is approved, implemented and planned is allowed; its window is in UTC, whatever the zone of the user', async () => {
  expect(await check({ start_date: '2026-03-11 11:00:00', end_date: '2026-03-11 13:30:00' })).toEqual({
    ...{ approved: true, reason: '', state: 'Implement', contact: 'Change Managers' },
    window: { fromMs: Date.UTC(2026, 2, 11, 11), untilMs: Date.UTC(2026, 2, 11, 13, 30) },
  });
  expect(server.seen).toMatchObject([
    { method: 'GET', path: '/api/now/table/change_request', query: { sysparm_query: 'number=CHG0030001' } },
  ]);
});

test.each([
  [{ state: '3' }, 'its state must be one of -2, -1', 'Closed'],
  [{ state: '' }, 'its state must be one of', ''],
  [{ approval: 'requested' }, "its approval is 'requested'", 'Implement'],
  [{ on_hold: 'true' }, 'it is on hold', 'Implement'],
  [{ on_hold: undefined }, 'whether it is on hold is not shown (on_hold)', 'Implement'],
  [{ on_hold: '' }, 'whether it is on hold is not shown', 'Implement'],
  [{ end_date: '' }, 'no planned start and end', 'Implement'],
  [{ start_date: '11.03.2026 11:00' }, 'no planned start and end', 'Implement'],
  [{ start_date: '2026-02-31 99:00:00' }, 'no planned start and end', 'Implement'],
])('%j is not allowed', async (row, reason, state) => {
  expect(await check(row)).toMatchObject({ approved: false, reason: expect.stringContaining(reason) as string, state });
});

test('a table without the field says so in the settings: it is neither asked for nor judged', async () => {
  expect(await check({ on_hold: undefined }, { fields: { onHold: 'none' } })).toMatchObject({ approved: true });
  expect(server.seen.at(-1)!.query['sysparm_fields']).not.toMatch(/none|on_hold/);
});

test('which states count is in the settings, by value or by label', async () => {
  expect(await check({ state: '-2' }, { states: ['Implement'] })).toMatchObject({ approved: false, state: 'Scheduled' });
  expect(await check({ state: '-2' }, { states: ['Scheduled'] })).toMatchObject({ approved: true });
});

test.each(['CHG0039999', 'CHG1^ORnumber=CHG0030001', 'CHG0030001^EQ', "CHG'1", '', 'CHG 1'])(
  "'%s' finds nothing that could be taken for it, although ServiceNow answers a query that it does not understand with everything",
  async (ticket) => {
    await expect(withSystem((system) => system.check(question({ ticket }), patience()))).rejects.toThrow(/exactly one|no number/);
  },
);

test('a query that is ignored shows somebody else’s change: it is not taken', async () => {
  server.ignoresQueries = true;
  await expect(check()).rejects.toThrow('exactly one');
  server.rows.splice(0, 1);
  await expect(withSystem((system) => system.check(question(), patience()))).rejects.toThrow('exactly one');
});

test('a note is written once, with its links; what looks like HTML in it stays text', async () => {
  await withSystem(async (system) => {
    expect(await system.note(note(), patience())).toBe('written into the work_notes of CHG0030001');
    expect(await system.note(note(), patience())).toBe('CHG0030001 has this note already');
    await system.note(note({ mark: 'breakwater:run.1:r1:start' }), patience());
  });
  expect(server.rows[0]!.work_notes).toHaveLength(2);
  expect(server.rows[0]!.work_notes.at(-1)).toBe(
    'Breakwater ended run run.1\nReason: (code)<b>x</b>(/code)\nReport: https://b.example/run.1\n[breakwater:run.1:r1:end]',
  );
  expect(server.rows[1]!.work_notes).toEqual([]);
});

test('a note whose answer was lost is found the next time', async () => {
  server.hits = ({ method }) => method === 'PATCH';
  server.troubles.push('cut');
  await withSystem(async (system) => {
    await expect(system.note(note(), patience())).rejects.toMatchObject({ retryable: true });
    expect(await system.note(note(), patience())).toContain('already');
  });
  expect(server.rows[0]!.work_notes).toHaveLength(1);
});

test('doctor asks for one record', async () => {
  expect(await withSystem((system) => system.reach(patience()))).toBe('table change_request can be read');
});
