import { spawn } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openGit } from '../../src/gitops/git.ts';
import type { SyncOptions } from '../../src/gitops/sync.ts';
import { applySync, planSync, type SyncReport } from '../../src/gitops/sync.ts';
import type { ScheduleDoors } from '../../src/gitops/schedules.ts';
import { readPolicies } from '../../src/policy/folder.ts';
import { readSigningKey, writeNewKey, type SigningKey } from '../../src/records/audit/keys.ts';
import { verifyAudit } from '../../src/records/audit/verify.ts';
import type { Records } from '../../src/records/ports.ts';
import { createRecords } from '../../src/records/postgres.ts';
import { verifyReview } from '../../src/records/reviews/statement.ts';
import { experimentDocument } from '../workflows/harness/document.ts';
import { policyText } from '../policy/set.ts';
import { createDatabase, forgetEverything, sql } from '../records/database.ts';
import { describeWithGit } from '../support/git.ts';
import { emailOf, experimentFile, makeRepository, type Repository } from './repository.ts';

const rules = (most: number) => [{ name: 'small', maxVictims: most }];
const cases = (most: number) => ({
  ...{ apiVersion: 'breakwater.dev/v1', kind: 'PolicyCases' },
  cases: [
    { name: 'as many as may be', given: { maxVictims: most }, expect: 'allow' },
    { name: 'one too many', given: { maxVictims: most + 1 }, expect: { deny: ['test/small'] } },
  ],
});

/** Schedules in memory, behind the doors that a sync has to real ones. */
function scheduleDoors(): ScheduleDoors<{ name: string; text: string }> & { kept: Map<string, { text: string; requestedBy: string }> } {
  const kept = new Map<string, { text: string; requestedBy: string }>();
  return {
    kept,
    read: (text) => ({ name: /name: (\S+)/.exec(text)?.[1] ?? '', text }),
    diff: async ({ name, text }) => {
      const old = kept.get(name)?.text;
      await Promise.resolve();
      if (old === undefined) return { change: 'created', diff: [] };
      return old === text ? { change: 'unchanged', diff: [] } : { change: 'updated', diff: [`text: ${old} → ${text}`] };
    },
    apply: ({ name, text }, requestedBy) => Promise.resolve(kept.set(name, { text, requestedBy })),
    list: () => Promise.resolve([...kept].map(([name, { requestedBy }]) => ({ name, requestedBy, paused: false }))),
    remove: (name) => Promise.resolve(void kept.delete(name)),
  };
}

describeWithGit('a checkout and what is in force', () => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  let records: Records;
  let repository: Repository;
  let key: SigningKey;
  let link: string;
  beforeAll(async () => {
    database = await createDatabase();
    records = createRecords({ url: database.url, maxConnections: 3 });
    await records.migrate();
  });
  afterAll(async () => {
    await records?.close();
    await database?.drop();
  });
  beforeEach(async () => {
    await forgetEverything(database.url);
    repository = makeRepository();
    await writeNewKey(join(repository.home, 'key.pem'));
    key = await readSigningKey(join(repository.home, 'key.pem'));
    link = join(repository.home, 'etc/policies');
    repository.write('chaos/worker.yaml', experimentFile());
    repository.write('chaos/policies/test.yaml', policyText(rules(4)));
    repository.write('chaos/policies/test.cases.yaml', cases(4));
    repository.write('chaos/values.yaml', 'replicas: 3');
    repository.commit('Begin', 'ann', 'bob');
    repository.push();
  });
  afterEach(() => repository.remove());

  const options = (more: Partial<SyncOptions> = {}): SyncOptions => ({
    ...{
      folder: join(repository.clone, 'chaos'),
      git: openGit(join(repository.clone, 'chaos'), repository.env, repository.allowedSigners),
      records,
      kinds: ['experiments', 'policies', 'schedules'],
    },
    ...{
      prune: false,
      allowDirty: false,
      reviews: { branch: 'origin/main', machines: [] },
      key,
      policiesTo: link,
      nowMs: () => Date.now(),
    },
    ...more,
  });
  const plan = (more?: Partial<SyncOptions>): Promise<SyncReport> => planSync(options(more));
  const apply = (more?: Partial<SyncOptions>): Promise<SyncReport> => applySync(options(more));
  const actions = ({ changes }: SyncReport): string[] => changes.map(({ kind, name, action }) => `${action} ${kind} ${name}`);
  const next = (message = 'Change it'): void => {
    repository.commit(message, 'ann', 'bob');
    repository.push();
  };
  const inForce = (name = 'test.yaml'): string => readFileSync(join(link, name), 'utf8');
  const nothingHappened = async (): Promise<void> => {
    expect(await records.catalogue()).toEqual([]);
    expect(existsSync(link)).toBe(false);
    expect(await records.auditHead()).toBeUndefined();
  };

  test('is planned, applied, and then in sync; each time again it is', async () => {
    const planned = await plan();
    expect(actions(planned)).toEqual(['create experiments payment-worker in staging', 'create policies test.yaml']);
    expect(planned).toMatchObject({
      inSync: false,
      managedBy: `${repository.home}/resilience/chaos`,
      branch: 'main',
      ignored: ['chaos/values.yaml'],
      uncommitted: [],
    });
    expect(planned.changes[0]?.review).toBe('reviewed by bob@example.com in origin/main');
    await nothingHappened();
    await apply();
    const [entry] = await records.catalogue();
    expect(entry).toMatchObject({
      name: 'payment-worker',
      environment: 'staging',
      path: 'chaos/worker.yaml',
      commit: planned.commit,
      managedBy: `${repository.home}/resilience/chaos`,
    });
    expect(await verifyReview(entry!.statement!, [key.publicKey])).toMatchObject({
      digest: entry!.digest,
      reviewer: emailOf('bob'),
      authors: [emailOf('ann')],
    });
    expect(readPolicies(link).files).toEqual(['test.yaml']);
    const again = await plan();
    expect([again.inSync, ...actions(again)]).toEqual([
      true,
      'unchanged experiments payment-worker in staging',
      'unchanged policies test.yaml',
    ]);
    const head = await records.auditHead();
    const folder = readlinkSync(link);
    await apply();
    expect([await records.auditHead(), readlinkSync(link), await records.catalogue()]).toEqual([head, folder, [entry]]);
    const verified = await verifyAudit(records, []);
    expect([verified.tampering, verified.contradictions]).toEqual([undefined, []]);
  });

  test('what changed is told by its place; commits about other files change nothing', async () => {
    await apply();
    repository.write('chaos/values.yaml', 'replicas: 4');
    next();
    expect((await plan()).inSync).toBe(true);
    repository.write(
      'chaos/worker.yaml',
      experimentFile({
        waves: [
          { name: 'dry-run', dryRun: true },
          { name: 'single', iterations: 2 },
        ],
      }),
    );
    repository.write('chaos/policies/test.yaml', policyText(rules(5)));
    repository.write('chaos/policies/test.cases.yaml', cases(5));
    next();
    const [experiment, policy] = (await plan()).changes;
    expect(experiment).toMatchObject({
      action: 'change',
      differences: expect.arrayContaining([{ path: 'waves.single.iterations', after: '2' }]) as unknown,
    });
    expect(experiment?.drift).toBeUndefined();
    expect(policy).toMatchObject({ action: 'change', differences: [{ path: 'rules.small.maxVictims', before: '4', after: '5' }] });
    await apply();
    expect(inForce()).toContain('maxVictims: 5');
    expect((await plan()).inSync).toBe(true);
  });

  test('what left the checkout stays without --prune, and only what this sync put there is ever taken', async () => {
    await apply();
    await apply({ name: 'another', folder: join(repository.clone, 'chaos'), kinds: ['schedules'] });
    repository.write(
      'other/worker.yaml',
      experimentFile({ metadata: { name: 'other', owner: 'payments', service: 'payments', environment: 'staging' } }),
    );
    repository.write(
      'chaos/more.yaml',
      experimentFile({ metadata: { name: 'more', owner: 'payments', service: 'payments', environment: 'staging' } }),
    );
    repository.write('chaos/policies/more.yaml', policyText(rules(9), 'more'));
    next();
    await apply();
    await apply({ folder: join(repository.clone, 'other') });
    writeFileSync(join(link, 'by-hand.yaml'), policyText(rules(7), 'by-hand'));
    rmSync(join(repository.clone, 'chaos/more.yaml'));
    rmSync(join(repository.clone, 'chaos/policies/more.yaml'));
    next();
    const stale = await plan();
    expect(actions(stale).filter((one) => !one.startsWith('unchanged'))).toEqual([
      'stale experiments more in staging',
      'foreign policies by-hand.yaml',
      'stale policies more.yaml',
    ]);
    await apply();
    expect((await records.catalogue()).map(({ name }) => name)).toEqual(['more', 'other', 'payment-worker']);
    await apply({ prune: true });
    expect((await records.catalogue()).map(({ name }) => name)).toEqual(['other', 'payment-worker']);
    expect(readPolicies(link).files).toEqual(['by-hand.yaml', 'test.yaml']);
    await expect(apply({ name: 'another' })).rejects.toThrow(
      `payment-worker in staging is managed by the sync ${repository.home}/resilience/chaos`,
    );
  });

  test('what was changed past the checkout is drift, and is put right', async () => {
    await apply();
    writeFileSync(join(link, 'test.yaml'), policyText(rules(99)));
    await sql(database.url, `UPDATE breakwater.catalogue SET document = jsonb_set(document, '{hypothesis}', '"whatever I want is fine"')`);
    const drifted = await plan();
    expect(drifted.changes).toMatchObject([
      {
        action: 'change',
        drift: expect.stringContaining('the catalogue was edited') as string,
        differences: [{ path: 'hypothesis', before: 'whatever I want is fine' }],
      },
      { action: 'change', drift: 'it was edited in place', differences: [{ path: 'rules.small.maxVictims', before: '99', after: '4' }] },
    ]);
    await apply();
    expect(inForce()).toContain('maxVictims: 4');
    expect((await plan()).inSync).toBe(true);
    await sql(database.url, `UPDATE breakwater.catalogue SET statement = left(statement, -4) || 'AAAA'`);
    expect((await plan()).changes[0]).toMatchObject({
      action: 'change',
      drift: expect.stringContaining('the signature of the statement is not right') as string,
    });
    await apply();
    expect((await plan()).inSync).toBe(true);
  });

  test.each([
    ['an experiment', () => repository.write('chaos/broken.yaml', experimentFile({ waves: [] })), /broken\.yaml:\d+:\d+ waves/],
    [
      'an experiment twice',
      () => repository.write('chaos/twice.json', JSON.stringify(experimentDocument())),
      /payment-worker in staging is in chaos\/twice\.json, too/,
    ],
    [
      'a kind that is none',
      () => repository.write('chaos/x.yaml', { apiVersion: 'breakwater.dev/v1', kind: 'Experimnt' }),
      /kind "Experimnt": expected one of Experiment, Policy/,
    ],
    ['a kind without its version', () => repository.write('chaos/x.yaml', { kind: 'Policy', rules: [] }), /without `apiVersion/],
    ['a policy', () => repository.write('chaos/policies/x.yaml', policyText([{ name: 'x', maxVictms: 3 }], 'x')), /maxVictms: unknown key/],
    [
      'policies in two folders',
      () => repository.write('chaos/more/x.yaml', policyText(rules(3), 'x')),
      /the policies are in chaos\/more|the policies are in chaos\/policies/,
    ],
    [
      'a case that fails',
      () => repository.write('chaos/policies/test.cases.yaml', cases(3)),
      /1 of 2 cases of the policies fail|2 of 2 cases of the policies fail/,
    ],
    ['no YAML', () => repository.write('chaos/x.yaml', 'a: [1'), /x\.yaml:1/],
    [
      'a link out of the checkout',
      () => symlinkSync('/etc/passwd', join(repository.clone, 'chaos/x.yaml')),
      /a symbolic link: it is not followed/,
    ],
    ['a link to a folder', () => symlinkSync('/etc', join(repository.clone, 'chaos/etc')), /a symbolic link: it is not followed/],
  ])('one wrong file and nothing changes: %s', async (_what, spoil, message) => {
    spoil();
    next();
    await expect(apply()).rejects.toThrow(message);
    await nothingHappened();
  });

  test('what is not committed is refused, whatever Git was told to overlook; with --allow-dirty it is taken, and nothing counts as reviewed', async () => {
    repository.run('update-index', '--assume-unchanged', 'chaos/worker.yaml');
    repository.write('chaos/worker.yaml', experimentFile({ hypothesis: 'what nobody has reviewed is fine' }));
    repository.write('.gitignore', 'chaos/hidden.yaml');
    next();
    repository.write(
      'chaos/hidden.yaml',
      experimentFile({ metadata: { name: 'hidden', owner: 'me', service: 'x', environment: 'staging' } }),
    );
    rmSync(join(repository.clone, 'chaos/values.yaml'));
    await expect(apply()).rejects.toThrow('3 files are not as they were committed, the first is chaos/hidden.yaml');
    await nothingHappened();
    const taken = await apply({ allowDirty: true });
    expect(taken.uncommitted).toEqual(['chaos/hidden.yaml', 'chaos/values.yaml', 'chaos/worker.yaml']);
    expect((await records.catalogue()).map(({ name, statement }) => [name, statement])).toEqual([
      ['hidden', undefined],
      ['payment-worker', undefined],
    ]);
  });

  test('no key, no statement; with the key it is made; a plan without the key does not want it gone', async () => {
    const { key: _key, ...without } = options();
    expect((await applySync(without)).changes[0]?.review).toContain('there is no key to sign with');
    expect((await records.catalogue())[0]?.statement).toBeUndefined();
    expect(actions(await apply())[0]).toMatch(/^change/);
    expect((await records.catalogue())[0]?.statement).toBeDefined();
    expect((await planSync(without)).inSync).toBe(true);
  });

  test('killed after the policies and before the catalogue: run again, it is done', async () => {
    const dying = { ...records, changeCatalogue: () => Promise.reject(new Error('killed')) };
    await expect(apply({ records: dying })).rejects.toThrow('killed');
    expect(inForce()).toContain('maxVictims: 4');
    expect(actions(await plan())).toEqual(['create experiments payment-worker in staging', 'unchanged policies test.yaml']);
    // Killed while it wrote the next version of the folder: what it left is taken away.
    for (const name of ['policies.sync-20000101T000000Z-1', 'policies.sync-20000102T000000Z-2', 'policies.sync-20000103T000000Z-3'])
      mkdirSync(join(repository.home, 'etc', name));
    symlinkSync('nowhere', join(repository.home, 'etc/policies.sync-20000103T000000Z-3.link'));
    repository.write('chaos/policies/test.yaml', policyText([...rules(4), { name: 'other', maxConcurrent: 3 }]));
    next();
    await apply();
    expect((await plan()).inSync).toBe(true);
    expect(readdirSync(join(repository.home, 'etc'))).toHaveLength(1 + 3);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
  });

  test('two at once: one is refused; a process that was killed with the turn lets it go', async () => {
    const other = createRecords({ url: database.url, maxConnections: 2 });
    try {
      await other.aloneAtSync(async () => {
        await expect(apply()).rejects.toThrow('another sync is at it');
        expect((await plan()).inSync).toBe(false);
      });
    } finally {
      await other.close();
    }
    await nothingHappened();
    const holder = spawn(
      process.execPath,
      [
        '-e',
        `const { Client } = require('pg'); const c = new Client(process.env.DB); c.connect().then(() => c.query('SELECT pg_advisory_lock(7246351908471133)')).then(() => console.log('held')); setInterval(() => {}, 1000)`,
      ],
      {
        env: { ...process.env, DB: database.url },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    await new Promise((done) => holder.stdout.once('data', done));
    await expect(apply()).rejects.toThrow('another sync is at it');
    holder.kill('SIGKILL');
    for (let tries = 0; tries < 50; tries++) {
      const done = await apply().catch(() => undefined);
      if (done) break;
      await delay(100);
    }
    expect((await plan()).inSync).toBe(true);
  });

  test('a folder in the place of the link is not touched; policies of others are refused, and with --adopt taken over', async () => {
    mkdirSync(link, { recursive: true });
    await expect(apply()).rejects.toThrow('is no symbolic link');
    rmSync(link, { recursive: true });
    const theirs = join(repository.home, 'etc/theirs');
    mkdirSync(theirs);
    writeFileSync(join(theirs, 'test.yaml'), policyText(rules(1)));
    writeFileSync(join(theirs, 'rest.yaml'), policyText(rules(2), 'rest'));
    symlinkSync('theirs', link);
    await expect(apply()).rejects.toThrow('the policy file test.yaml is there already, and no sync put it there');
    expect(realpathSync(link)).toBe(theirs);
    expect((await plan({ kinds: ['policies'], adopt: true })).changes).toMatchObject([
      { name: 'test.yaml', action: 'change', drift: 'no sync put it there: it is adopted' },
      { name: 'rest.yaml', action: 'foreign' },
    ]);
    await apply({ prune: true, adopt: true });
    expect(readPolicies(link).files).toEqual(['rest.yaml', 'test.yaml']);
    expect(readFileSync(join(theirs, 'test.yaml'), 'utf8')).toContain('maxVictims: 1');
    expect(realpathSync(link)).not.toBe(theirs);
  });

  test('a damaged note of who put which policy there is refused, and not taken for none', async () => {
    await apply();
    const note = join(link, '.breakwater-sync.json');
    const intact = readFileSync(note, 'utf8');
    for (const text of [intact.slice(0, -10), '{}', '']) {
      writeFileSync(note, text);
      await expect(apply({ adopt: true })).rejects.toThrow('.breakwater-sync.json cannot be read, and it says which sync put which policy');
    }
    writeFileSync(note, intact);
    expect((await plan()).inSync).toBe(true);
    rmSync(note);
    await expect(apply()).rejects.toThrow('take it over with --adopt');
    await apply({ adopt: true });
    expect((await plan()).inSync).toBe(true);
  });

  test('policies alone: nothing else is compared; without a place they are checked all the same', async () => {
    const { policiesTo: _to, ...nowhere } = options();
    expect((await planSync(nowhere)).notes).toEqual(['policies: checked, and not reconciled: no --policies-to names their place']);
    await apply({ kinds: ['policies'] });
    expect(await records.catalogue()).toEqual([]);
    rmSync(join(repository.clone, 'chaos/policies'), { recursive: true });
    next();
    await expect(apply({ prune: true })).rejects.toThrow('no policy would be left');
    expect(inForce()).toContain('maxVictims: 4');
  });

  test('schedules are added in the name of the sync, and only its own are changed or pruned', async () => {
    const schedules = scheduleDoors();
    const withThem = options({ schedules: schedules as unknown as ScheduleDoors });
    const schedule = (text: string) => `apiVersion: breakwater.dev/v1\nkind: Schedule\n${text}`;
    repository.write('chaos/tuesdays.yaml', schedule('name: tuesdays\nexperiment: worker.yaml'));
    next();
    expect(actions(await applySync(withThem))).toContain('create schedules tuesdays');
    expect(schedules.kept.get('tuesdays')?.requestedBy).toBe(`sync:${repository.home}/resilience/chaos`);
    expect((await planSync(withThem)).inSync).toBe(true);
    schedules.kept.set('tuesdays', { text: 'by hand', requestedBy: `sync:${repository.home}/resilience/chaos` });
    expect((await planSync(withThem)).changes.at(-1)).toMatchObject({
      action: 'change',
      differences: [{ path: expect.stringContaining('by hand') as string }],
    });
    schedules.kept.set('hers', { text: '', requestedBy: 'ann' });
    rmSync(join(repository.clone, 'chaos/tuesdays.yaml'));
    next();
    expect(actions(await applySync(withThem))).toContain('stale schedules tuesdays');
    await applySync({ ...withThem, prune: true });
    expect([...schedules.kept.keys()]).toEqual(['hers']);
    repository.write('chaos/hers.yaml', schedule('name: hers\nexperiment: worker.yaml'));
    next();
    await expect(applySync(withThem)).rejects.toThrow('schedule hers was added by ann');
    repository.write('chaos/hers.yaml', schedule('name: mine\nexperiment: ../../secret.yaml'));
    next();
    await expect(applySync(withThem)).rejects.toThrow('there is no such experiment in the checkout');
  });

  test('a folder that is in no checkout, or not there', async () => {
    await expect(plan({ folder: repository.home, git: openGit(repository.home, repository.env) })).rejects.toThrow('is in no Git checkout');
    await expect(plan({ folder: join(repository.home, 'nowhere') })).rejects.toThrow('there is no such folder');
  });
});
