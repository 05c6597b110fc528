import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { openGit, type Git } from '../../src/gitops/git.ts';
import { experimentDocument } from '../workflows/harness/document.ts';

/** People with a key of their own. Mallory's is not allowed. */
export type Person = 'ann' | 'bob' | 'mallory' | 'forge';
const PEOPLE: readonly Person[] = ['ann', 'bob', 'mallory', 'forge'];
export const emailOf = (person: Person): string => `${person}@example.com`;

/** A clone of a real repository with a real remote, and keys for everybody. */
export interface Repository {
  /** Outside of the clone. */
  home: string;
  clone: string;
  allowedSigners: string;
  git: Git;
  env: NodeJS.ProcessEnv;
  write(path: string, content: unknown): void;
  /** Plain Git in the clone. */
  run(...args: string[]): string;
  /** Commits everything. @param signedBy absent: nobody */
  commit(message: string, author: Person, signedBy?: Person): string;
  /** Merges a branch into the current one. */
  merge(branch: string, by: Person, isSigned?: boolean): string;
  push(): void;
  remove(): void;
}

export const experimentFile = (changes: Record<string, unknown> = {}): string => stringify(experimentDocument(changes));

export function makeRepository(): Repository {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'breakwater-git-')));
  const clone = join(home, 'clone');
  const env = {
    ...{ PATH: process.env['PATH'], HOME: home, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: join(home, 'gitconfig') },
    LC_ALL: 'C',
  };
  writeFileSync(join(home, 'gitconfig'), '[init]\n\tdefaultBranch = main\n[gpg]\n\tformat = ssh\n');
  for (const person of PEOPLE) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', person, '-f', join(home, person)]);
  const allowedSigners = join(home, 'allowed_signers');
  const publicKey = (person: Person): string => execFileSync('cat', [join(home, `${person}.pub`)], { encoding: 'utf8' }).trim();
  writeFileSync(
    allowedSigners,
    PEOPLE.filter((person) => person !== 'mallory')
      .map((person) => `${emailOf(person)} namespaces="git" ${publicKey(person)}\n`)
      .join(''),
  );
  const at = (folder: string, person: Person, ...args: string[]): string =>
    execFileSync('git', ['-C', folder, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...env, GIT_COMMITTER_NAME: person, GIT_COMMITTER_EMAIL: emailOf(person) },
    });
  const signing = (person?: Person): string[] => (person === undefined ? [] : ['-c', `user.signingKey=${join(home, person)}`]);
  const head = (): string => at(clone, 'ann', 'rev-parse', 'HEAD').trim();
  mkdirSync(clone);
  execFileSync('git', ['init', '-q', '--bare', join(home, 'resilience.git')], { env });
  at(clone, 'ann', 'init', '-q');
  at(clone, 'ann', 'remote', 'add', 'origin', join(home, 'resilience.git'));
  return {
    ...{ home, clone, allowedSigners, env },
    git: openGit(clone, env, allowedSigners),
    write: (path, content) => {
      mkdirSync(dirname(join(clone, path)), { recursive: true });
      writeFileSync(join(clone, path), typeof content === 'string' ? content : stringify(content));
    },
    run: (...args) => at(clone, 'ann', ...args),
    commit: (message, author, signedBy) => {
      at(clone, author, 'add', '-A');
      const by = `--author=${author} <${emailOf(author)}>`;
      at(clone, signedBy ?? author, ...signing(signedBy), 'commit', '-q', '-m', message, by, ...(signedBy ? ['-S'] : []));
      return head();
    },
    merge: (branch, by, isSigned = true) => {
      const person = ['-c', `user.name=${by}`, '-c', `user.email=${emailOf(by)}`];
      at(
        clone,
        by,
        ...person,
        ...(isSigned ? signing(by) : []),
        'merge',
        '-q',
        '--no-ff',
        '-m',
        `Merge ${branch}`,
        ...(isSigned ? ['-S'] : []),
        branch,
      );
      return head();
    },
    push: () => void at(clone, 'ann', 'push', '-q', 'origin', 'main'),
    remove: () => {
      rmSync(home, { recursive: true, force: true });
    },
  };
}
