import type { Git } from './git.ts';

/** What a commit says, and who has signed it. People are named by their e-mail addresses, lower case. */
export interface Commit {
  id: string;
  parents: string[];
  /** Its author, and whom it names in Co-authored-by. Claims. */
  authors: string[];
  committedAtMs: number;
  /** Present when the signature is good and its key is one of those that are allowed. */
  signer?: string;
  /** What is wrong with the signature otherwise, after `commit …`. */
  signature: string;
  /** Whom it names in Reviewed-by: worth as much as the signature. */
  reviewedBy: string[];
}

const trailers = (key: string): string => `%(trailers:key=${key},valueonly,separator=%x01)`;
/** One NUL after each, and after each commit. */
const FIELDS = ['%H', '%P', '%ae', '%ct', '%G?', '%GS', '%GT', trailers('Co-authored-by'), trailers('Reviewed-by')];

const SIGNATURES: Record<string, string> = {
  N: 'is not signed',
  B: 'has a wrong signature, or one of a key that is not allowed',
  U: 'is signed with a key that is not allowed',
  X: 'has a signature that has expired',
  Y: 'is signed with a key that has expired',
  R: 'is signed with a key that was revoked',
  E: 'has a signature that cannot be checked here: its key or ssh-keygen or gpg is missing',
};

const NO_PERSON = 'is signed with a key that is allowed for a pattern, several names or none: one e-mail address must stand for each key';

/** The address in `Ann <ann@example.com>`, or the text when there is none. */
const addressOf = (text: string): string => (/<([^<>]+)>\s*$/.exec(text)?.[1] ?? text).trim().toLowerCase();

const addresses = (texts: string): string[] =>
  texts
    .split('\u0001')
    .filter((text) => text.trim() !== '')
    .map(addressOf);

/** One address, and no pattern: a name that could be anybody's is nobody's. */
export const isOneAddress = (name: string): boolean => /^[^\s@*?!,]+@[^\s@*?!,]+$/.test(name);

/** What is wrong with a signature, if anything is; a signer who is no one person is not allowed either. */
const faultOf = (good: string, isTrusted: boolean): string =>
  good === 'G' && isTrusted ? NO_PERSON : (SIGNATURES[good === 'G' ? 'U' : good] ?? SIGNATURES['E'] ?? '');

function toCommit([
  id = '',
  parents = '',
  author = '',
  time = '',
  good = '',
  signer = '',
  trust = '',
  others = '',
  reviewers = '',
]: string[]): Commit {
  const isTrusted = ['fully', 'ultimate'].includes(trust) && signer !== '';
  const isAllowed = good === 'G' && isTrusted && isOneAddress(addressOf(signer));
  return {
    id,
    parents: parents.split(' ').filter(Boolean),
    authors: [...new Set([addressOf(author), ...addresses(others)])],
    committedAtMs: Number(time) * 1_000,
    ...(isAllowed && { signer: addressOf(signer) }),
    signature: faultOf(good, isTrusted),
    reviewedBy: addresses(reviewers),
  };
}

/** Commits, newest first, as `git log` chooses them. */
export async function readCommits(git: Git, which: readonly string[]): Promise<Commit[]> {
  const fields = (await git.ask('log', '-z', `--format=${FIELDS.join('%x00')}`, ...which)).split('\0');
  const commits: Commit[] = [];
  for (let i = 0; i + FIELDS.length <= fields.length; i += FIELDS.length) commits.push(toCommit(fields.slice(i, i + FIELDS.length)));
  return commits;
}
