import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckout } from '../../src/gitops/checkout.ts';
import { SyncRefused } from '../../src/gitops/error.ts';
import { openGit } from '../../src/gitops/git.ts';
import { openReviews, type Found } from '../../src/gitops/reviews.ts';
import { describeWithGit } from '../support/git.ts';
import { emailOf, experimentFile, makeRepository, type Repository } from './repository.ts';

const PATH = 'chaos/worker.yaml';
const [ann, bob] = [emailOf('ann'), emailOf('bob')];

describeWithGit('who reviewed a file', () => {
  let repository: Repository;
  beforeEach(() => {
    repository = makeRepository();
    repository.write('README.md', 'ours');
    repository.commit('Begin', 'ann');
    repository.push();
  });
  afterEach(() => repository.remove());

  const found = async (machines: string[] = [], git = repository.git): Promise<Found> =>
    (await openReviews(git, await openCheckout(repository.clone, git), { branch: 'origin/main', machines }))(PATH);
  const whyNot = async (): Promise<string | undefined> => (await found()).why;
  const writeFile = (changes?: Record<string, unknown>): void => repository.write(PATH, experimentFile(changes));
  const onBranch = (...signed: ('ann' | 'mallory')[]): void => {
    repository.run('checkout', '-q', '-b', 'change');
    writeFile();
    repository.commit('Kill a worker', 'ann', ...signed);
    repository.run('checkout', '-q', 'main');
  };

  test('a commit that another person than its author has signed', async () => {
    writeFile();
    const commit = repository.commit('Kill a worker', 'ann', 'bob');
    repository.push();
    expect(await found()).toEqual({
      review: {
        ...{ commit, branch: 'origin/main', kind: 'commit', authors: [ann], authorsSigned: false, reviewer: bob },
        reviewedAtMs: expect.any(Number) as number,
      },
    });
  });

  test('unsigned, signed by its author, signed by a stranger: none', async () => {
    writeFile();
    repository.commit('Kill a worker\n\nReviewed-by: bob <bob@example.com>', 'ann');
    repository.push();
    expect(await whyNot()).toMatch(/^commit [0-9a-f]{12} is not signed$/);
    for (const [signer, why] of [
      ['ann', /is signed by ann@example\.com, who has written it/],
      ['mallory', /wrong signature, or one of a key that is not allowed|signed with a key that is not allowed/],
    ] as const) {
      writeFile({ hypothesis: `another hypothesis, signed by ${signer}` });
      repository.commit('Change it\n\nReviewed-by: bob <bob@example.com>', 'ann', signer);
      repository.push();
      expect(await whyNot()).toMatch(why);
    }
  });

  test.each(['*@example.com', 'b?b@example.com', '*,!ann@example.com', 'bob'])('a key that is allowed for %s is nobody’s', async (name) => {
    writeFile();
    repository.commit('Kill a worker', 'ann', 'bob');
    repository.push();
    const line =
      readFileSync(repository.allowedSigners, 'utf8')
        .split('\n')
        .find((one) => one.startsWith(bob)) ?? '';
    writeFileSync(repository.allowedSigners, `${line.replace(bob, name)}\n`);
    expect(await whyNot()).toMatch(/is signed with a key that is allowed for a pattern, several names or none/);
  });

  test('somebody who wrote with the author does not review', async () => {
    writeFile();
    repository.commit(`Kill a worker\n\nCo-authored-by: Bob <${bob.toUpperCase()}>`, 'ann', 'bob');
    repository.push();
    expect(await whyNot()).toContain('is signed by bob@example.com, who has written it');
  });

  test('a merge that another person has signed; whether the authors signed is told', async () => {
    onBranch();
    const commit = repository.merge('change', 'bob');
    repository.push();
    expect(await found()).toMatchObject({ review: { commit, kind: 'merge', authors: [ann], authorsSigned: false, reviewer: bob } });
  });

  test('a merge whose authors have signed, too', async () => {
    onBranch('ann');
    repository.merge('change', 'bob');
    repository.push();
    expect(await found()).toMatchObject({ review: { authors: [ann], authorsSigned: true, reviewer: bob } });
  });

  test('an unsigned merge, and a merge by the author: none', async () => {
    onBranch();
    repository.merge('change', 'bob', false);
    repository.push();
    expect(await whyNot()).toContain('is not signed');
    repository.run('checkout', '-q', '-b', 'other');
    writeFile({ hypothesis: 'another hypothesis altogether' });
    repository.commit('Change it', 'ann', 'ann');
    repository.run('checkout', '-q', 'main');
    repository.merge('other', 'ann');
    repository.push();
    expect(await whyNot()).toContain('is signed by ann@example.com, who has written it');
  });

  test('what a merge itself puts in is written by whoever merges', async () => {
    onBranch('ann');
    repository.run('merge', '-q', '--no-ff', '--no-commit', 'change');
    writeFile({ hypothesis: 'what nobody but the merger has seen' });
    repository.commit('Merge change', 'bob', 'bob');
    repository.push();
    expect(await whyNot()).toContain('is signed by bob@example.com, who has written it');
  });

  test('later commits about other files change nothing; not yet pushed, it is not in the protected branch', async () => {
    writeFile();
    const commit = repository.commit('Kill a worker', 'ann', 'bob');
    expect(await whyNot()).toMatch(/was never the tip of origin\/main/);
    repository.write('README.md', 'more');
    repository.commit('Write more', 'ann');
    repository.push();
    expect(await found()).toMatchObject({ review: { commit } });
  });

  test('a state of a branch before it was merged was never the tip', async () => {
    onBranch('ann');
    repository.merge('change', 'bob');
    repository.push();
    repository.run('checkout', '-q', 'change');
    expect(await whyNot()).toMatch(/was never the tip of origin\/main/);
  });

  test('a machine counts by whom it names, and never an author', async () => {
    writeFile();
    repository.commit('Kill a worker', 'ann', 'forge');
    repository.push();
    expect((await found([emailOf('forge')])).why).toContain('names nobody else than its authors in Reviewed-by');
    writeFile({ hypothesis: 'another hypothesis altogether' });
    repository.commit(`Change it\n\nReviewed-by: Ann <${ann}>\nReviewed-by: Bob <${bob}>`, 'ann', 'forge');
    repository.push();
    expect(await found(['Forge@example.com'])).toMatchObject({ review: { reviewer: bob } });
  });

  test('the repository cannot answer for its own signatures', async () => {
    writeFile();
    repository.commit('Kill a worker', 'ann', 'mallory');
    repository.push();
    const liar = join(repository.home, 'liar.sh');
    writeFileSync(
      liar,
      `#!/bin/sh\ntouch ${join(repository.home, 'was-run')}\necho 'Good "git" signature for bob@example.com with ED25519 key SHA256:x'\n`,
      { mode: 0o755 },
    );
    writeFileSync(join(repository.home, 'theirs'), `bob@example.com ${'ssh-ed25519 AAAA'}\n`);
    repository.run('config', 'gpg.ssh.program', liar);
    repository.run('config', 'core.fsmonitor', liar);
    repository.run('config', 'gpg.ssh.allowedSignersFile', join(repository.home, 'theirs'));
    repository.run('config', 'log.showSignature', 'true');
    expect(await whyNot()).toMatch(/not allowed/);
    expect(existsSync(join(repository.home, 'was-run'))).toBe(false);
  });

  test('a replacement of a commit is not shown in its place', async () => {
    writeFile();
    const written = repository.commit('Kill a worker', 'ann');
    repository.push();
    const identity = ['-c', 'user.name=ann', '-c', `user.email=${ann}`, '-c', `user.signingKey=${join(repository.home, 'bob')}`];
    const signed = repository.run(...identity, 'commit-tree', '-S', '-p', 'HEAD~1', '-m', 'x', 'HEAD^{tree}').trim();
    repository.run('replace', written, signed);
    expect(await whyNot()).toContain('is not signed');
  });

  test('a shallow clone knows nobody; a branch that is not there, or none, is refused', async () => {
    writeFile();
    repository.commit('Kill a worker', 'ann', 'bob');
    repository.push();
    const clone = join(repository.home, 'shallow');
    repository.run('clone', '-q', '--depth', '1', `file://${join(repository.home, 'resilience.git')}`, clone);
    const git = openGit(clone, repository.env, repository.allowedSigners);
    const look = await openReviews(git, await openCheckout(clone, git), { branch: 'origin/main', machines: [] });
    expect((await look(PATH)).why).toContain('shallow');
    const checkout = await openCheckout(repository.clone, repository.git);
    for (const branch of ['origin/release', 'main', '--all', 'origin/../main'])
      await expect(openReviews(repository.git, checkout, { branch, machines: [] })).rejects.toThrow(SyncRefused);
  });
});
