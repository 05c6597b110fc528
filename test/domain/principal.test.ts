import fc from 'fast-check';
import { decide, EVERY, knowsEnvironment, readable, ROLES, type Action, type Grant, type Place } from '../../src/domain/principal.ts';

const ACTIONS: Action[] = ['read', 'plan', 'start', 'pause', 'stop', 'approve', 'break-glass', 'schedule', 'clear', 'lift', 'audit'];
const at = (role: Grant['role'], team = 'payments', environment = 'staging') => ({ grants: [{ role, team, environment }] });
const here: Place = { team: 'payments', environment: 'staging' };

/** The whole table: docs/api.md shows the same. */
const table: Record<Grant['role'], string> = {
  viewer: 'read',
  operator: 'read plan start pause stop schedule clear',
  approver: 'read stop approve lift',
  auditor: 'read audit',
  admin: 'read plan start pause stop approve schedule clear lift audit',
  'break-glass': 'read break-glass',
  local: 'read pause stop lift',
};

describe.each(Object.entries(table) as [Grant['role'], string][])('%s', (role, allowed) => {
  test.each(ACTIONS)('%s in the own place', (action) => {
    expect(decide(at(role), action, here)).toBe(allowed.split(' ').includes(action) ? 'allowed' : 'forbidden');
  });
  test.each(ACTIONS)('%s elsewhere is hidden', (action) => {
    for (const place of [
      { ...here, team: 'search' },
      { ...here, environment: 'production' },
      { team: '', environment: '' },
    ])
      expect(decide(at(role), action, place)).toBe('hidden');
  });
  test.each(ACTIONS)('%s of every team or environment wants a grant for every one', (action) => {
    expect(decide(at(role), action, { environment: 'staging' })).toBe('hidden');
    expect(decide(at(role, EVERY), action, {})).toBe('hidden');
    expect(decide(at(role, EVERY, EVERY), action, {})).toBe(allowed.split(' ').includes(action) ? 'allowed' : 'forbidden');
  });
});

test('nobody may plan, start or approve without a name', () => {
  for (const action of ['plan', 'start', 'approve', 'break-glass', 'schedule', 'clear'] as const)
    expect(decide(at('local', EVERY, EVERY), action, here)).toBe('forbidden');
});

const name = fc.constantFrom('a', 'b', 'c');
const granted = fc.record({
  role: fc.constantFrom(...ROLES),
  team: fc.constantFrom('a', 'b', 'c', EVERY),
  environment: fc.constantFrom('a', 'b', 'c', EVERY),
});
const grants = fc.array(granted, { maxLength: 4 });

test('without a grant there is nothing', () =>
  fc.assert(
    fc.property(name, name, fc.constantFrom(...ACTIONS), (team, environment, action) => {
      expect(decide({ grants: [] }, action, { team, environment })).toBe('hidden');
    }),
  ));

test('another grant never takes anything away', () => {
  const rank = { hidden: 0, forbidden: 1, allowed: 2 };
  fc.assert(
    fc.property(grants, granted, name, name, fc.constantFrom(...ACTIONS), (some, more, team, environment, action) => {
      const before = rank[decide({ grants: some }, action, { team, environment })];
      expect(rank[decide({ grants: [...some, more] }, action, { team, environment })]).toBeGreaterThanOrEqual(before);
    }),
  );
});

test('what lists are narrowed to is exactly what may be read', () =>
  fc.assert(
    fc.property(grants, name, name, (some, team, environment) => {
      const isListed = readable({ grants: some }).some(
        (scope) => (scope.owner ?? team) === team && (scope.environment ?? environment) === environment,
      );
      expect(isListed).toBe(decide({ grants: some }, 'read', { team, environment }) === 'allowed');
      if (isListed) expect(knowsEnvironment({ grants: some }, environment)).toBe(true);
    }),
  ));
