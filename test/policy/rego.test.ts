import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { extract, pack } from 'tar-stream';
import { createHttp } from '../../src/adapters/http/request.ts';
import { createOpa } from '../../src/adapters/opa.ts';
import { makePlan } from '../../src/language/digest.ts';
import { openRego } from '../../src/policy/bundle/open.ts';
import type { Facts } from '../../src/policy/facts.ts';
import { evaluateFacts, evaluatePolicy } from '../../src/policy/policy.ts';
import { experimentDocument } from '../workflows/harness/document.ts';

const folder = join(__dirname, 'rego');
const bundle = join(folder, 'decision.tar.gz');
const names = readdirSync(join(folder, 'inputs')).map((name) => basename(name, '.json'));
const read = (place: string, name: string): unknown => JSON.parse(readFileSync(join(folder, place, `${name}.json`), 'utf8'));
const inputOf = (name: string): Facts => read('inputs', name) as Facts;
/** What OPA itself said, as make.sh recorded it. */
const recorded = (name: string): unknown =>
  (read('answers', name) as { result?: [{ expressions: [{ value: unknown }] }] }).result?.[0].expressions[0].value;

let dir: string;
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'breakwater-rego-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** A file in the folder of the test. */
const file = (name: string, content: Buffer | string): string => {
  writeFileSync(join(dir, name), content);
  return join(dir, name);
};
const filesOf = async (): Promise<Map<string, Buffer>> => {
  const files = new Map<string, Buffer>();
  const reader = extract();
  reader.end(gunzipSync(readFileSync(bundle)));
  for await (const entry of reader) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    files.set(entry.header.name, Buffer.concat(chunks));
  }
  return files;
};
const archive = async (files: Iterable<[string, Buffer | string]>): Promise<Buffer> => {
  const writer = pack();
  for (const [name, content] of files) writer.entry({ name }, content);
  writer.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of writer) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
};
const allowed = (changes: Partial<Facts> = {}): Facts => ({ ...inputOf('allowed'), ...changes });

test.each(names)('%s: the bundle says what OPA says', async (name) => {
  const answer = await openRego(bundle).ask(inputOf(name));
  expect(answer).toEqual({ digest: expect.stringMatching(/^[0-9a-f]{64}$/) as string, result: recorded(name) });
});

/** Where somebody has an OPA. Nowhere else is there anything to skip: what it answered is recorded, and the bundle is held to that above. */
const opaProgram = process.env['BREAKWATER_TEST_OPA'];
const withOpa = opaProgram === undefined ? [] : [opaProgram];
for (const program of withOpa)
  test('a running OPA and the bundle decide the same, denials and all (BREAKWATER_TEST_OPA)', async () => {
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const { port } = free.address() as { port: number };
    free.close();
    const opa = spawn(program, ['run', '--server', '--addr', `127.0.0.1:${port}`, join(folder, 'decision')], { stdio: 'ignore' });
    const http = createHttp();
    try {
      const asked = createOpa(`http://127.0.0.1:${port}/v1/data/breakwater/decision`, http);
      for (let tries = 0; tries < 100; tries++)
        if (
          await asked.ask(allowed()).then(
            () => true,
            () => false,
          )
        )
          break;
        else await delay(100);
      for (const name of names) {
        const [there, here] = await Promise.all([
          evaluateFacts(inputOf(name), { opa: asked }),
          evaluateFacts(inputOf(name), { rego: openRego(bundle) }),
        ]);
        expect({ name, allowed: here.allowed, denials: here.denials.length }).toEqual({
          name,
          allowed: there.allowed,
          denials: there.denials.length,
        });
      }
    } finally {
      http.close();
      opa.kill();
      await once(opa, 'exit');
    }
  });

test('a bundle is one of three that must allow, and its digest is on record', async () => {
  const document = experimentDocument();
  const plan = makePlan({ ...document, metadata: { ...(document['metadata'] as object), owner: 'us' } }, 1, 1);
  const occasion = { atMs: Date.UTC(2026, 2, 11), requestedBy: 'ann', wave: 'single' };
  const decision = await evaluatePolicy(plan, occasion, { rego: openRego(bundle) });
  expect(decision).toMatchObject({ allowed: true, denials: [], bundle: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
  expect(decision.policyDigest).not.toBe((await evaluatePolicy(plan, occasion)).policyDigest);
  const denied = await evaluatePolicy(plan, { ...occasion, atMs: Date.UTC(2026, 2, 14) }, { rego: openRego(bundle) });
  expect(denied).toMatchObject({ allowed: false, denials: [{ rule: 'rego', reason: 'not at a weekend' }] });
});

test('reasons deny whatever is said beside them', async () => {
  const { allowed: isAllowed, denials } = await evaluateFacts(inputOf('too-long-and-too-many'), { rego: openRego(bundle) });
  expect([isAllowed, denials.map(({ reason }) => reason)]).toEqual([
    false,
    ['no wave may last that long', 'payments may not hit more than 2'],
  ]);
});

test.each([
  ['undefined', /no rule decides/],
  ['text', /expected true, false or/],
  ['conflict', /no answer: .*(conflict|multiple)/],
  ['asks-the-network', /no answer: .*not implemented.*http\.send/],
])('service %s: what is no answer denies', async (service, why) => {
  const { allowed: isAllowed, denials } = await evaluateFacts(allowed({ service }), { rego: openRego(bundle) });
  expect(isAllowed).toBe(false);
  expect(denials).toMatchObject([{ rule: 'rego', reason: expect.stringMatching(why) as string }]);
});

test('a policy without end denies after its time, and holds nobody up meanwhile', async () => {
  let beats = 0;
  const pulse = setInterval(() => beats++, 20);
  const beganMs = Date.now();
  const answer = await openRego(bundle, 600).ask(allowed({ service: 'endless' }));
  clearInterval(pulse);
  expect(answer).toMatchObject({ problem: 'the evaluation took longer than 600 ms' });
  expect(Date.now() - beganMs).toBeLessThan(15_000);
  expect(beats).toBeGreaterThan(5);
});

describe('what cannot be read denies', () => {
  const problemOf = async (path: string): Promise<string> => {
    const answer = await openRego(path).ask(allowed());
    return 'problem' in answer ? answer.problem : 'it answered';
  };
  test('no file', async () => {
    expect(await openRego(join(dir, 'absent.tar.gz')).ask(allowed())).toMatchObject({
      digest: 'unreadable',
      problem: expect.stringContaining('ENOENT') as string,
    });
  });
  test('half a bundle, at any place', async () => {
    const whole = readFileSync(bundle);
    for (const share of [0, 0.2, 0.5, 0.9, 0.999])
      expect(await problemOf(file('half.tar.gz', whole.subarray(0, Math.floor(whole.length * share))))).not.toBe('it answered');
  });
  test('a bundle without a module, with two, with what is no module, with the same data twice', async () => {
    const files = await filesOf();
    const wasm = files.get('/policy.wasm')!;
    expect(await problemOf(file('a.tar.gz', await archive([['data.json', '{}']])))).toContain('no policy.wasm');
    expect(await problemOf(file('b.tar.gz', await archive([...files, ['/x/policy.wasm', wasm]])))).toContain('2 modules');
    expect(await problemOf(file('c.tar.gz', await archive([['policy.wasm', 'text']])))).toContain('no WebAssembly');
    expect(await problemOf(file('d.tar.gz', await archive([['policy.wasm', wasm.subarray(0, 5_000)]])))).toMatch(/WebAssembly|expected/);
    expect(await problemOf(file('e.tar.gz', await archive([...files, ['data.yaml', 'allowed: {}']])))).toContain('stated twice');
    expect(await problemOf(file('f.tar.gz', await archive([...files, ['x/data.json', '[1]']])))).toContain('no object');
  });
  test('more than a policy has', async () => {
    expect(await problemOf(file('zeros.tar.gz', gzipSync(Buffer.alloc(80_000_000))))).not.toBe('it answered');
    expect(await problemOf(file('large.wasm', Buffer.alloc(17_000_000)))).toContain('more than');
  });
});

test('a module with its data beside it; data of folders is where OPA puts it', async () => {
  const files = await filesOf();
  file('policy.wasm', files.get('/policy.wasm')!);
  const rego = openRego(join(dir, 'policy.wasm'));
  expect(await rego.ask(allowed())).toMatchObject({ result: { allow: false } }); // without data nothing is allowed
  file('data.json', files.get('/data.json')!);
  expect(await rego.ask(allowed())).toMatchObject({ result: { allow: true } });
  const nested = await archive([
    ['policy.wasm', files.get('/policy.wasm')!],
    ['allowed/data.yaml', 'environments: [staging]\nvictims: { payments: 0 }'],
  ]);
  expect(await openRego(file('nested.tar.gz', nested)).ask(allowed())).toMatchObject({
    result: { allow: true, reasons: ['payments may not hit more than 0'] },
  });
});

test('a bundle that is swapped counts from the next question on', async () => {
  const files = await filesOf();
  const place = join(dir, 'bundle.tar.gz');
  copyFileSync(bundle, place);
  const rego = openRego(place);
  const before = await rego.ask(allowed());
  files.set('/data.json', Buffer.from('{"allowed": {"environments": [], "victims": {}}}'));
  writeFileSync(place, await archive(files));
  const after = await rego.ask(allowed());
  expect([before, after]).toMatchObject([{ result: { allow: true } }, { result: { allow: false } }]);
  expect(after.digest).not.toBe(before.digest);
});
