import { parseAllDocuments } from 'yaml';
import { accessLines, isGranted } from '../../src/cli/access-view.ts';
import { checkAccess } from '../../src/cli/doctor/access.ts';
import { findingLines } from '../../src/cli/doctor/finding.ts';
import type { AccessReport } from '../../src/domain/kubernetes/grant.ts';

const plain = (_colour: string, text: string): string => text;
const pods = { group: '', resource: 'pods', namespace: 'payments' };
const report: AccessReport = {
  user: 'jane\u001b[2J@example.com',
  needs: [
    { ...pods, verb: 'list', allowed: true },
    { ...pods, resource: 'pods/exec', verb: 'create', allowed: false },
    { group: '', resource: 'nodes', verb: 'list', allowed: false },
  ],
};
const granted: AccessReport = { ...report, needs: report.needs.map((need) => ({ ...need, allowed: true })) };

test('the plan names what is missing and prints Roles that can be applied as they are', () => {
  const text = accessLines(report, 'payment-worker', plain).join('\n');
  expect(text).toContain('missing  create pods/exec in namespace payments');
  expect(text).not.toContain('\u001b');
  const [head, yaml] = [text.indexOf('# kubectl apply'), text.slice(text.indexOf('# kubectl apply'))];
  expect(head).toBeGreaterThan(0);
  const roles = parseAllDocuments(yaml).map((document) => document.toJS() as { kind: string; metadata: object; rules: object[] });
  expect(roles.map(({ kind, metadata }) => [kind, metadata])).toEqual([
    ['Role', { name: 'breakwater-payment-worker', namespace: 'payments' }],
    ['ClusterRole', { name: 'breakwater-payment-worker' }],
  ]);
  expect(roles[0]?.rules).toContainEqual({ apiGroups: [''], resources: ['pods/exec'], verbs: ['create'] });
});

test('what is granted takes a line; without a cluster there is none', () => {
  expect(accessLines(granted, 'x', plain)[2]).toMatch(/all 3 verbs are granted to jane/);
  expect(accessLines(undefined, 'x', plain)).toEqual([]);
  expect([isGranted(undefined), isGranted(granted), isGranted(report)]).toEqual([true, true, false]);
});

test('doctor tells each verb by yes or no, fails, and prints the Role at the end', () => {
  const findings = checkAccess(report, 'payment-worker', true);
  expect(findings.map(({ check, status, detail }) => [check, status, detail]).slice(0, 3)).toEqual([
    ['may list pods in namespace payments', 'ok', 'yes'],
    ['may create pods/exec in namespace payments', 'fail', 'no'],
    ['may list nodes of the cluster', 'fail', 'no'],
  ]);
  const lines = findingLines(findings, plain);
  expect(lines.indexOf('kind: Role')).toBeGreaterThan(lines.findIndex((line) => line.startsWith('fail  access to the cluster')));
  expect(checkAccess(granted, 'x', false)).toEqual([
    { check: 'access to the cluster', status: 'ok', detail: expect.stringContaining('3 of 3 verbs') as unknown },
  ]);
});

test('what is not known fails; a file that needs no cluster does not', () => {
  expect(checkAccess({ needs: [], unknown: 'site eu has no cluster' }, 'x', true)[0]).toMatchObject({
    status: 'fail',
    detail: 'not known: site eu has no cluster',
  });
  expect(checkAccess(undefined, 'x', true)).toEqual([expect.objectContaining({ status: 'ok' })]);
  expect(checkAccess(undefined, 'x', false)).toEqual([]);
});
