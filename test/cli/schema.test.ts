import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { parse, parseAllDocuments } from 'yaml';
import { buildWhenStale, call } from './command.ts';

const root = resolve(__dirname, '../..');
const KINDS = ['experiment', 'schedule', 'policy', 'policy-cases', 'access'] as const;
type Kind = (typeof KINDS)[number];
type Schema = { properties: Record<string, unknown>; required: string[] };

const schemas = new Map<Kind, Schema>();
const validators = new Map<Kind | 'part', ValidateFunction>();
beforeAll(async () => {
  buildWhenStale();
  const compile = (schema: object): ValidateFunction => new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(schema);
  for (const kind of KINDS) {
    const { code, stdout } = await call(['schema', '--of', kind]);
    expect([kind, code]).toEqual([kind, 0]);
    const schema = JSON.parse(stdout) as Schema;
    schemas.set(kind, schema);
    validators.set(kind, compile(schema));
  }
  validators.set('part', compile({ ...schemas.get('experiment'), required: [] }));
}, 180_000);

/** What an editor would say of a file. */
function complaints(kind: Kind | 'part', document: unknown): string[] {
  const validate = validators.get(kind)!;
  validate(document);
  return (validate.errors ?? []).map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`);
}

const KIND_OF: Record<string, Kind> = { Experiment: 'experiment', Schedule: 'schedule', Policy: 'policy', PolicyCases: 'policy-cases' };

/** Which of our files a document is; a part of an experiment, as the documentation shows them; or somebody else's. */
function kindOf(document: unknown): Kind | 'part' | undefined {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return undefined;
  if ('kind' in document) return KIND_OF[String(document.kind)];
  if ('issuers' in document) return 'access';
  return Object.keys(document).every((key) => key in schemas.get('experiment')!.properties) ? 'part' : undefined;
}

interface Found {
  place: string;
  document: unknown;
}
const documentsIn = (place: string, text: string): Found[] =>
  parseAllDocuments(text).map((document) => ({ place, document: document.toJS() as unknown }));

const examples = (): Found[] =>
  (readdirSync(join(root, 'examples'), { recursive: true }) as string[])
    .filter((name) => /\.ya?ml$/.test(name))
    .flatMap((name) => documentsIn(name, readFileSync(join(root, 'examples', name), 'utf8')));

const blocks = (): Found[] =>
  ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)]
    .filter((name) => name.endsWith('.md'))
    .flatMap((name) =>
      [...readFileSync(join(root, name), 'utf8').matchAll(/^```yaml\n(.*?)^```/gms)].flatMap(([, text = '']) => documentsIn(name, text)),
    );

/** @returns how many of each kind were looked at */
function judge(all: Found[]): Record<string, number> {
  const seen: Record<string, number> = {};
  for (const { place, document } of all) {
    const kind = kindOf(document);
    if (kind === undefined) continue;
    expect([place, complaints(kind, document)]).toEqual([place, []]);
    seen[kind] = (seen[kind] ?? 0) + 1;
  }
  return seen;
}

test('every example of a file is valid in an editor', () =>
  expect(judge(examples())).toMatchObject({ experiment: 6, schedule: 1, policy: 3, 'policy-cases': 3, part: 1 }));

test('so is every one in the documentation', () =>
  expect(judge(blocks())).toMatchObject({ experiment: 1, schedule: 1, policy: 1, access: 1, part: 4 }));

const policy = (rule: object) => ({
  ...{ apiVersion: 'breakwater.dev/v1', kind: 'Policy', metadata: { name: 'a', owner: 'us', contact: '#us' } },
  rules: [{ name: 'one', ...rule }],
});
const schedule = (changes: object) => ({
  ...{ apiVersion: 'breakwater.dev/v1', kind: 'Schedule', metadata: { name: 'a', owner: 'us' }, experiment: 'a.yaml' },
  windows: [{ days: ['mon'], from: '10:00', to: '15:00', zone: 'Europe/Berlin' }],
  ...changes,
});
const cases = (one: object) => ({
  ...{ apiVersion: 'breakwater.dev/v1', kind: 'PolicyCases' },
  cases: [{ name: 'a case', expect: 'allow', ...one }],
});
const access = (changes: object) => ({
  keys: [{ id: 'ci', sha256: '0'.repeat(64), expires: '2027-01-01T00:00:00Z', grants: [{ role: 'viewer' }], ...changes }],
});
const inline = parse(readFileSync(join(root, 'examples/payment-worker.yaml'), 'utf8')) as object;

test.each<[Kind, string, unknown]>([
  ['policy', 'a small rule', policy({ deny: 'never again' })],
  ['policy', 'one name, or a list of them', policy({ deny: 'never', when: { tier: 'tier-0', environment: ['prod*'] } })],
  ['schedule', 'a path', schedule({})],
  ['schedule', 'an experiment in it', schedule({ experiment: inline })],
  ['policy-cases', 'a case', cases({ at: '2026-11-27T10:00:00-05:00' })],
  ['access', 'a key', access({})],
])('%s: %s is valid', (kind, _what, document) => expect(complaints(kind, document)).toEqual([]));

test.each<[Kind, string, unknown, RegExp]>([
  ['policy', 'a misspelt demand', policy({ maxVictim: 1 }), /\/rules\/0 must NOT have additional properties .*maxVictim/],
  [
    'policy',
    'a misspelt match',
    policy({ deny: 'never', when: { enviroment: 'x' } }),
    /\/rules\/0\/when must NOT have additional properties/,
  ],
  ['policy', 'a share without %', policy({ maxPercent: 0.2 }), /\/rules\/0\/maxPercent must be string/],
  ['policy', 'a day that has no name', policy({ blackouts: [{ day: 'doomsday', zone: 'UTC' }] }), /\/rules\/0\/blackouts\/0/],
  ['policy', 'no rules', { ...policy({}), rules: [] }, /\/rules must NOT have fewer than 1 items/],
  ['policy', 'another kind of file', schedule({}), /\/kind must be equal to constant/],
  ['schedule', 'no windows', schedule({ windows: undefined }), /must have required property 'windows'/],
  ['schedule', 'an hour that is none', schedule({ start: { at: '25:00' } }), /\/start\/at must match pattern/],
  ['schedule', 'a period that is none', schedule({ atMost: { runs: 1, per: 'year' } }), /\/atMost\/per must be equal to one of/],
  ['schedule', 'an experiment in it that is none', schedule({ experiment: { ...inline, fault: undefined } }), /\/experiment .*'fault'/],
  ['schedule', 'a misspelt key', schedule({ pause: true }), /must NOT have additional properties .*pause/],
  ['policy-cases', 'an hour without its offset', cases({ at: '2026-11-27T10:00:00' }), /\/cases\/0\/at must match pattern/],
  ['policy-cases', 'an answer that is none', cases({ expect: 'deny' }), /\/cases\/0\/expect/],
  ['access', 'a key instead of its hash', access({ sha256: 'bw_ci_secret' }), /\/keys\/0\/sha256 must match pattern/],
  ['access', 'a role that is none', access({ grants: [{ role: 'root' }] }), /\/keys\/0\/grants\/0\/role must be equal to one of/],
  ['access', 'a misspelt word', { key: [] }, /must NOT have additional properties .*"key"/],
])('%s: %s is seen', (kind, _what, document, complaint) =>
  expect(complaints(kind, JSON.parse(JSON.stringify(document))).join('\n')).toMatch(complaint),
);

test('each is JSON Schema of draft 7, small enough for an editor; an unknown file is a usage error that names those that there are', async () => {
  for (const kind of KINDS) {
    expect(schemas.get(kind)).toMatchObject({ $schema: 'http://json-schema.org/draft-07/schema#', type: 'object' });
    expect(JSON.stringify(schemas.get(kind)).length).toBeLessThan(300_000);
  }
  const wrong = await call(['schema', '--of', 'polcy']);
  expect([wrong.code, wrong.stdout]).toEqual([2, '']);
  expect(wrong.stderr).toContain('experiment, schedule, policy, policy-cases, access');
  const told = await call(['schema', '--of', 'policy']);
  expect(told.stderr).toContain('# yaml-language-server: $schema=breakwater-policy.schema.json');
});
