import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments, parseDocument } from 'yaml';
import { accessNeedsOf } from '../../src/activities/access-rules.ts';
import { needsOf } from '../../src/domain/kubernetes/access.ts';
import { parseDocument as parseExperiment } from '../../src/language/experiment.ts';
import { readExperimentFile } from '../../src/language/read.ts';

const KIT = 'examples/starter-kit';
interface Manifest {
  kind: string;
  metadata: { name: string; namespace?: string; annotations?: Record<string, string> };
  rules?: { apiGroups: string[]; resources: string[]; verbs: string[] }[];
  spec?: { selector?: { matchLabels?: object }; template?: { metadata: { labels: Record<string, string> } } };
}
const files = readdirSync(join(KIT, 'cluster')).map((name) => join(KIT, 'cluster', name));
const manifests = files.flatMap((file) =>
  parseAllDocuments(readFileSync(file, 'utf8'), { uniqueKeys: true }).map((document) => {
    expect([file, document.errors]).toEqual([file, []]);
    return document.toJS() as Manifest;
  }),
);
const { experiment, document } = readExperimentFile(join(KIT, 'experiment.yaml'));
const ofKind = (kind: string) => manifests.filter((manifest) => manifest.kind === kind);

test('the kit is whole: namespace that opted in, quota, workers with a canary, budget, rights', () => {
  expect(manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
    'Namespace payments-canary',
    'ResourceQuota starter-kit',
    'Deployment payment-worker',
    'Deployment payment-worker-canary',
    'PodDisruptionBudget payment-worker',
    'Namespace breakwater',
    'ServiceAccount breakwater',
    'Role breakwater-payment-worker-pods',
    'RoleBinding breakwater-payment-worker-pods',
  ]);
  expect(ofKind('Namespace')[0]?.metadata.annotations).toEqual({ 'breakwater.dev/enabled': 'true' });
  for (const { spec } of ofKind('Deployment'))
    expect(spec?.template?.metadata.labels).toMatchObject(spec?.selector?.matchLabels ?? { none: '' });
});

test('the Role grants exactly what the experiment needs', () => {
  const [role] = ofKind('Role');
  const granted = (role?.rules ?? []).flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.map((resource) => ({ group, resource, verbs, namespace: role?.metadata.namespace ?? '' }))),
  );
  expect(needsOf(granted)).toEqual(accessNeedsOf(experiment));
});

test('Wave 0 is the experiment without its live waves, and the first live wave waits for a person', () => {
  const wave0 = readExperimentFile(join(KIT, 'wave-0.yaml')).document as object;
  expect(wave0).toEqual({ ...(document as object), waves: [{ name: 'dry-run', dryRun: true }] });
  expect(experiment.waves.map(({ dryRun, gate }) => [dryRun, gate]).slice(0, 2)).toEqual([
    [true, 'auto'],
    [false, 'approval'],
  ]);
});

test('every wave selects pods of the kit', () => {
  const labels = ofKind('Deployment').map(({ spec }) => spec?.template?.metadata.labels ?? {});
  const selectors = [experiment.targets, ...experiment.waves.flatMap(({ targets }) => targets ?? [])].map(
    (spec) => spec['labels'] as Record<string, string>,
  );
  expect(selectors.length).toBeGreaterThan(2);
  for (const wanted of selectors)
    expect(labels.some((has) => Object.entries(wanted).every(([name, value]) => has[name] === value))).toBe(true);
});

test('the runbook template, pasted into the experiment, is valid', () => {
  const text = readFileSync(join(KIT, 'runbook.yaml'), 'utf8');
  expect(parseDocument(text).errors).toEqual([]);
  const template = parse(text) as { probes: object; runbooks: object; remediation: object[] };
  const own = document as { probes: object; runbooks: object };
  const pasted = parseExperiment({
    ...own,
    probes: { ...own.probes, ...template.probes },
    runbooks: { ...own.runbooks, ...template.runbooks },
    remediation: template.remediation,
  });
  expect(pasted.remediation).toHaveLength(1);
  expect(text).toMatch(/grafana.*\n[\s\S]*kind: prometheus/);
});

test('every file and command that the page names is there', () => {
  const page = readFileSync(join(KIT, 'README.md'), 'utf8') + readFileSync(join(KIT, 'checklist.md'), 'utf8');
  for (const [path = ''] of page.matchAll(/examples\/[\w./-]*\w/g)) expect([path, existsSync(path)]).toEqual([path, true]);
  for (const [, path = ''] of page.matchAll(/\]\(([^)#]+)/g)) expect([path, existsSync(join(KIT, path))]).toEqual([path, true]);
  const commands = readFileSync('src/cli/commands.ts', 'utf8');
  const used = [...page.matchAll(/(?:^|`|" )breakwater ([a-z]+)/gm)].map(([, name = '']) => name);
  expect(used.length).toBeGreaterThan(8);
  for (const name of used) expect([name, commands.includes(`${name}`)]).toEqual([name, true]);
});
