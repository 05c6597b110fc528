import type { Review } from '../domain/review.ts';
import type { Checkout } from './checkout.ts';
import { readCommits, type Commit } from './commits.ts';
import { SyncRefused } from './error.ts';
import type { Git } from './git.ts';

/** By what a review is known. */
export interface ReviewSettings {
  /** The protected branch as it was fetched: `origin/main`. */
  branch: string;
  /** Signers that are machines, such as a forge: what they sign counts by its `Reviewed-by` alone. */
  machines: readonly string[];
}

/** A review, all but the digest of the document; or why there is none. */
export type Found = { review: Omit<Review, 'digest' | 'path'>; why?: never } | { review?: never; why: string };

/** More commits of a protected branch are not looked through. */
const MOST_COMMITS = 100_000;

/**
 * Gets ready to find out who reviewed a file. What counts is the commit that brought the file into the protected branch as it is: a merge that
 * somebody else signed than those who wrote what it brings, or a single commit that somebody else signed than its author.
 */
export async function openReviews(git: Git, checkout: Checkout, settings: ReviewSettings): Promise<(path: string) => Promise<Found>> {
  const why = await whyNone(git, checkout, settings.branch);
  return async (path) => {
    if (why !== undefined) return { why };
    const id = await broughtBy(git, checkout, path);
    const [commit] = id === undefined ? [] : await readCommits(git, ['--no-walk', id]);
    if (!commit) return { why: 'no commit of it is found' };
    return judge(commit, await writersOf(git, commit, path), settings);
  };
}

/** The commit by which the branch that is checked out has the file as it is; undefined when there is none. */
export async function broughtBy(git: Git, { head }: Checkout, path: string): Promise<string | undefined> {
  const id = (await git.ask('rev-list', '--first-parent', '-n', '1', head, '--', path)).trim();
  return id === '' ? undefined : id;
}

async function whyNone(git: Git, { head, isShallow }: Checkout, branch: string): Promise<string | undefined> {
  if (!/^\w[\w.-]*(\/[\w][\w.-]*)+$/.test(branch) || branch.includes('..'))
    throw new SyncRefused(`'${branch.slice(0, 100)}' is no branch of a remote: name it as origin/main`);
  if (isShallow) return 'the clone is shallow, and who wrote what is not known: fetch the whole history (git fetch --unshallow)';
  const tip = (await git.attempt('rev-parse', '--verify', '--quiet', `refs/remotes/${branch}^{commit}`))?.trim();
  if (tip === undefined) throw new SyncRefused(`there is no branch ${branch} here: fetch it, or name another with --protected-branch`);
  // Not any ancestor: what a branch looked like before it was merged was never reviewed.
  const tips = (await git.ask('rev-list', '--first-parent', '-n', String(MOST_COMMITS), tip)).split('\n');
  return tips.includes(head) ? undefined : `commit ${head.slice(0, 12)} was never the tip of ${branch}`;
}

interface Writers {
  authors: string[];
  signed: boolean;
}

/** Who wrote what a commit brings of a file, and whether each has signed it. What a merge itself made of it is its own author's. */
async function writersOf(git: Git, commit: Commit, path: string): Promise<Writers> {
  const [parent, ...merged] = commit.parents;
  if (merged.length === 0 || parent === undefined) return { authors: commit.authors, signed: false };
  const brought = (await readCommits(git, ['--full-history', `${parent}..${commit.id}`, '--', path])).filter(({ id }) => id !== commit.id);
  const blob = await blobIn(git, commit.id, path);
  const blobs = await Promise.all(merged.map((id) => blobIn(git, id, path)));
  const wrote = brought.length === 0 || !blobs.includes(blob) ? [...brought, commit] : brought;
  return {
    authors: [...new Set(wrote.flatMap(({ authors }) => authors))],
    signed: wrote.every(({ signer, authors }) => authors.length === 1 && signer === authors[0]),
  };
}

const blobIn = (git: Git, commit: string, path: string): Promise<string | undefined> =>
  git.attempt('rev-parse', '--verify', '--quiet', `${commit}:${path}`);

function judge(commit: Commit, { authors, signed }: Writers, { branch, machines }: ReviewSettings): Found {
  const { id, signer, signature, parents, committedAtMs, reviewedBy } = commit;
  const name = id.slice(0, 12);
  if (signer === undefined) return { why: `commit ${name} ${signature}` };
  const isMachine = machines.some((machine) => machine.toLowerCase() === signer);
  const reviewer = isMachine ? reviewedBy.find((one) => !authors.includes(one)) : signer;
  if (reviewer === undefined)
    return { why: `commit ${name} is signed by ${signer}, a machine, and names nobody else than its authors in Reviewed-by` };
  if (authors.includes(reviewer)) return { why: `commit ${name} is signed by ${reviewer}, who has written it` };
  const kind = parents.length > 1 ? 'merge' : 'commit';
  return { review: { commit: id, branch, kind, authors, authorsSigned: signed, reviewer, reviewedAtMs: committedAtMs } };
}
