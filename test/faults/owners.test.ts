import { handedBack, ownedSections, ownersOf, type ManagedField } from '../../src/faults/kubernetes/owners.ts';

const entry = (manager: string, operation: string, spec: object, more: object = {}): ManagedField => ({
  manager,
  operation,
  apiVersion: 'x/v1',
  fieldsType: 'FieldsV1',
  fieldsV1: { 'f:spec': spec },
  ...more,
});
const ours = entry('breakwater', 'Apply', { 'f:rules': {} });
const time = '2026-01-01T00:00:00Z';

test('owners are whoever has the field, by the operation that they have it by; a status is nobody’s field', () => {
  const all = [
    entry('argocd', 'Apply', { 'f:rules': {}, 'f:hostnames': {} }),
    entry('kubectl-edit', 'Update', { 'f:rules': {} }),
    entry('gateway', 'Update', { 'f:rules': {} }, { subresource: 'status' }),
    entry('other', 'Apply', { 'f:hostnames': {} }),
    ours,
  ];
  expect(ownersOf(all, ['rules'], 'breakwater').map(({ manager, operation }) => `${manager} ${operation}`)).toEqual([
    'argocd Apply',
    'kubectl-edit Update',
  ]);
});

test('who had more fields gets this one back beside them; who had no other comes back whole; ours goes', () => {
  const before = [entry('argocd', 'Apply', { 'f:rules': {}, 'f:hostnames': {} }), entry('kubectl', 'Update', { 'f:rules': {} })];
  const owners = ownersOf(before, ['rules'], 'breakwater');
  const taken = [entry('argocd', 'Apply', { 'f:hostnames': {} }), ours];
  expect(handedBack(taken, { sections: ['rules'], owners }, 'breakwater', time)).toEqual([
    entry('argocd', 'Apply', { 'f:hostnames': {}, 'f:rules': {} }),
    entry('kubectl', 'Update', { 'f:rules': {} }, { time }),
  ]);
  expect(taken[0]).toEqual(entry('argocd', 'Apply', { 'f:hostnames': {} })); // pure
});

test('a field that nobody owned is nobody’s again', () =>
  expect(handedBack([ours], { sections: ['rules'], owners: [] }, 'breakwater', time)).toEqual([]));

test('what ours owns for another run it keeps', () => {
  const both = entry('breakwater', 'Apply', { 'f:http': {}, 'f:tcp': {} });
  const taken = { sections: ['http'], owners: [{ section: 'http', manager: 'argocd', operation: 'Apply', apiVersion: 'x/v1' }] };
  expect(handedBack([both], taken, 'breakwater', time)).toEqual([
    entry('breakwater', 'Apply', { 'f:tcp': {} }),
    entry('argocd', 'Apply', { 'f:http': {} }, { time }),
  ]);
  expect(ownedSections([both, entry('argocd', 'Apply', { 'f:tls': {} })], 'breakwater')).toEqual(['http', 'tcp']);
});
