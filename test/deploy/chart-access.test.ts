import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { CHART } from './helm.ts';
import { clusterKinds, tableOfCatalogues, type Catalogue, type Table } from './specs.ts';

const table = parse(readFileSync(`${CHART}/files/access.yaml`, 'utf8')) as Table;
const rules = Object.values(table).flatMap((kinds) => Object.values(kinds).flat());

test('the chart grants each kind exactly what the catalogue says that it needs', () => expect(table).toEqual(tableOfCatalogues()));

test.each(['targets', 'faults', 'probes', 'remedies'] as Catalogue[])(
  'every kind of %s that needs a cluster is in the table',
  (catalogue) => {
    const named = new Set(Object.keys(table[catalogue]).map((name) => name.split(':')[0]));
    expect(clusterKinds(catalogue).length).toBeGreaterThan(0);
    expect([...named].sort()).toEqual(clusterKinds(catalogue).sort());
  },
);

test('no kind reads secrets, changes rights, or asks for everything', () => {
  expect(rules.length).toBeGreaterThan(20);
  for (const { group, resource, verbs } of rules) {
    expect(resource).not.toMatch(/^(secrets|\*|serviceaccounts)/);
    expect(group).not.toMatch(/^(rbac|\*)/);
    expect(verbs).not.toEqual([]);
    for (const verb of verbs) expect(['get', 'list', 'create', 'patch', 'delete', 'update']).toContain(verb);
  }
});
