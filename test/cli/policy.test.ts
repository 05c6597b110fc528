import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { makePlan } from '../../src/language/digest.ts';
import { readExperimentFile } from '../../src/language/read.ts';
import { factsOf } from '../../src/policy/facts.ts';
import { json, withOpaServer } from '../policy/opa-server.ts';
import { buildWhenStale, call } from './command.ts';

const root = resolve(__dirname, '../..');
const examples = join(root, 'examples/policies');
const experiment = join(root, 'examples/payment-worker.yaml');

let folder: string;
beforeAll(() => {
  buildWhenStale();
}, 180_000);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-policy-'));
  cpSync(examples, join(folder, 'policies'), { recursive: true });
  cpSync(experiment, join(folder, 'payment-worker.yaml'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const change = (name: string, from: string, to: string): void => {
  const path = join(folder, 'policies', name);
  const text = readFileSync(path, 'utf8');
  expect(text).toContain(from);
  writeFileSync(path, text.replace(from, to));
};

test('the example policies pass their own cases, and each demand is needed', async () => {
  const { code, stdout } = await call(['policy', 'test', examples, '--min-coverage', '100%']);
  expect(stdout).toMatch(/^\d+ of \d+ cases pass; (\d+) of \1 demands decide a case \(100%\)\n$/);
  expect(code).toBe(0);
});

test('a failing case is shown as a difference; what no case needs is idle, and too little coverage fails', async () => {
  change('production.yaml', 'maxConcurrent: 2', 'maxConcurrent: 3');
  const failed = await call(['policy', 'test', join(folder, 'policies')]);
  expect(failed.code).toBe(3);
  expect(failed.stdout).toMatch(
    /FAIL {2}.*production\.cases\.yaml:\d+ {2}too many at one time\n {6}- production\/blast-radius\.maxConcurrent: was expected to deny, and did not/,
  );
  change('production.yaml', 'maxConcurrent: 3', 'maxConcurrent: 0');
  expect((await call(['policy', 'test'], { env: { BREAKWATER_POLICY: join(folder, 'policies') } })).stdout).toMatch(
    /\+ production\/blast-radius: too many at one time: .* \(found 1, at most 0; wave dry-run, single; ask sre-leads@example\.com\)/,
  );
  change('production.yaml', 'maxConcurrent: 0', 'maxConcurrent: 2\n    maxIterations: 99');
  const idle = await call(['policy', 'test', join(folder, 'policies'), '--min-coverage', '100%', '--json']);
  expect(idle.code).toBe(3);
  expect((JSON.parse(idle.stdout) as { coverage: unknown[] }).coverage).toContainEqual({
    demand: 'production/blast-radius.maxIterations',
    decides: 0,
  });
});

test('policies that are wrong are told with their place; no folder is a matter of usage', async () => {
  change('production.yaml', 'approvalsAtLeast: 1', 'approvalsAtLest: 1');
  const wrong = await call(['policy', 'test', join(folder, 'policies')]);
  expect([wrong.code, wrong.stdout]).toEqual([2, '']);
  expect(wrong.stderr).toMatch(/production\.yaml:\d+:\d+ rules\[0\]\.approvalsAtLest: unknown key; did you mean 'approvalsAtLeast'\?/);
  expect(await call(['policy', 'test', join(folder, 'nowhere')])).toMatchObject({ code: 2 });
  expect((await call(['policy', 'test'], { cwd: folder })).stderr).toContain('BREAKWATER_POLICY');
});

test('explain says which rule decides what, at what hour', async () => {
  const production = join(folder, 'payment-worker.yaml');
  writeFileSync(production, readFileSync(production, 'utf8').replace('environment: staging', 'environment: production'));
  const ask = (...more: string[]) => call(['policy', 'explain', production, '--policy', examples, ...more]);
  const denied = await ask('--at', '2026-11-27T10:00:00-05:00', '--requested-by', 'payments-sre/ann');
  expect(denied.code).toBe(5);
  expect(denied.stdout).toContain('deny  production-needs-approval (guardrail)');
  expect(denied.stdout).toMatch(
    /deny {2}production\/freezes {2}waves dry-run, single, canary, stress\n {6}blackouts: blackout: not before 2026-12-01T05:00:00Z \(found 2026-11-27T15:00:00Z; black-friday/,
  );
  expect(denied.stdout).toMatch(/n\/a {3}everywhere\/no-nodes-in-the-dark: is not about this plan/);
  expect(denied.stdout).toMatch(/maxVictims: holds, 3/);
  expect(denied.stdout).toContain('ask sre-leads@example.com');
  const json = JSON.parse((await ask('--at', '2026-11-27T10:00:00-05:00', '--wave', 'single', '-o', 'json')).stdout) as Record<
    string,
    unknown
  >;
  expect(json).toMatchObject({ allowed: false, policyDigest: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
  expect(await call(['policy', 'explain', experiment, '--policy', examples, '--at', '2026-11-24T10:00:00Z'])).toMatchObject({ code: 0 });
  expect((await ask('--wave', 'nonsense')).stderr).toContain('there are dry-run, single, canary, stress');
  expect((await ask('--at', 'tomorrow')).code).toBe(2);
});

test('a Rego bundle is asked by test and explain, by name or by its setting; `explain` is the same under a shorter name', async () => {
  const bundle = join(root, 'test/policy/rego/decision.tar.gz');
  const at = ['--at', '2026-11-24T10:00:00Z'];
  const explained = await call(['explain', experiment, '--policy', examples, '--rego', bundle, ...at]);
  expect([explained.code, explained.stderr]).toEqual([0, '']);
  expect(explained.stdout).toMatch(/ok {4}rego [0-9a-f]{12}/);
  const weekend = ['policy', 'explain', experiment, '--at', '2026-11-28T10:00:00Z'];
  const denied = await call(weekend, { env: { BREAKWATER_REGO: bundle } });
  expect(denied.code).toBe(5);
  expect(denied.stdout).toMatch(/deny {2}rego [0-9a-f]{12}\n {6}not at a weekend/);
  const absent = await call(weekend, { env: { BREAKWATER_REGO: join(folder, 'absent.tar.gz') } });
  expect([absent.code, absent.stdout]).toEqual([5, expect.stringContaining('the bundle gives no answer: ENOENT') as string]);
  const cases = await call(['policy', 'test', examples, '--rego', bundle, '--json']);
  const { results, bundle: digest } = JSON.parse(cases.stdout) as { results: { unexpected: string[] }[]; bundle: string };
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  expect([cases.code, results.flatMap(({ unexpected }) => unexpected).some((one) => one.startsWith('rego: '))]).toEqual([3, true]);
  const sites = await call(['explain', experiment, ...at], { env: { BREAKWATER_SITE_ENVIRONMENTS: 'local=production' } });
  expect([sites.code, sites.stdout]).toEqual([
    5,
    expect.stringContaining('deny  site-environment (guardrail): site local holds production') as string,
  ]);
}, 60_000);

describe('a running OPA', () => {
  const at = '2026-11-24T10:00:00Z';
  const ask = (url: string, ...more: string[]) =>
    call(['explain', experiment, '--at', at, '--requested-by', 'ann', ...more], { env: { BREAKWATER_OPA_URL: url } });

  test('is asked with the facts that a worker would tell it, and its yes is a layer of its own', async () => {
    const asked: unknown[] = [];
    const { url, explained } = await withOpaServer(
      (input, response) => {
        asked.push(input);
        response.end('{"result": true}');
      },
      async (url) => ({ url, explained: await ask(url, '--wave', 'single') }),
    );
    expect([explained.code, explained.stderr]).toEqual([0, expect.not.stringContaining('OPA') as string]);
    expect(explained.stdout).toMatch(/^ok {4}opa http:\/\/127\.0\.0\.1:\d+\/v1\/data\/breakwater\/decision$/m);
    expect(explained.stdout).toContain(`opa ${url}\n`);
    const plan = makePlan(readExperimentFile(experiment).document, 0, 1);
    const facts = factsOf(plan, { atMs: Date.parse(at), requestedBy: 'ann', wave: 'single' });
    expect(asked).toEqual([JSON.parse(JSON.stringify(facts))]);
  });

  test('denies with its own words, beside what the others say; programs get it, too', () =>
    withOpaServer(json({ result: { allow: true, reasons: ['no change window', 'not on call'] } }), async (url) => {
      const { code, stdout } = await ask(url, '--policy', examples);
      expect(code).toBe(5);
      expect(stdout).toMatch(/deny {2}opa http\S+\n {6}no change window\n {6}not on call\n/);
      expect(stdout).toContain('ok    guardrails in code');
      const said = JSON.parse((await ask(url, '--json')).stdout) as object;
      const denials = [
        { rule: 'opa', reason: 'no change window' },
        { rule: 'opa', reason: 'not on call' },
      ];
      expect(said).toMatchObject({ allowed: false, denials, outside: [{ who: 'opa', identity: url, denials }] });
    }));

  test('that gives no answer, or none that is one, denies and says so, soon', async () => {
    const gone = await withOpaServer(json({}), (url) => Promise.resolve(url));
    const nobody = await ask(gone);
    expect([nobody.code, nobody.stdout]).toEqual([
      5,
      expect.stringMatching(/deny {2}opa .*\n {6}it could not be asked: .*ECONNREFUSED/) as string,
    ]);
    await withOpaServer(
      () => undefined,
      async (url) => {
        const silent = await ask(url);
        expect([silent.code, silent.stdout]).toEqual([5, expect.stringContaining('no answer within 3000 ms') as string]);
      },
    );
    await withOpaServer(json({ result: 'yes' }), async (url) =>
      expect((await ask(url)).stdout).toContain('expected true, false or { allow, reasons }'),
    );
    expect((await ask('http://user:hunter2@127.0.0.1:1/v1/data/x')).code).toBe(2);
  });

  test('is not asked where no setting names it, and nothing is said of it', async () => {
    const { code, stdout, stderr } = await call(['explain', experiment, '--at', at]);
    expect([code, `${stdout}${stderr}`]).toEqual([0, expect.not.stringContaining('opa') as string]);
  });
});
