/** How a review is known: by a merge into the protected branch, or by a commit there that somebody else than its author signed. */
export type ReviewKind = 'merge' | 'commit';

/** What `breakwater sync` states of a document that it found reviewed in a checkout. */
export interface Review {
  /** SHA-256 over the canonical document, in hex. */
  digest: string;
  /** Where it stands in its repository, and the commit that brought it into the branch as it is. */
  path: string;
  commit: string;
  /** The protected branch, as the sync was told: `origin/main`. */
  branch: string;
  kind: ReviewKind;
  /** E-mail addresses of everybody who wrote it, lower case. A claim, unless `authorsSigned`. */
  authors: string[];
  /** Whether each of them has signed what they wrote with a key of their own. */
  authorsSigned: boolean;
  /** Whose key has signed the commit: none of the authors. */
  reviewer: string;
  /** When they did, by the commit, epoch milliseconds. */
  reviewedAtMs: number;
}

/** A review, and who states it. */
export interface ReviewStatement extends Review {
  /** The sync. */
  statedBy: string;
  /** Epoch milliseconds. */
  statedAtMs: number;
}

/** `git:bob@example.com`: how a reviewer is named among those who approve. */
export const reviewerName = (reviewer: string): string => `git:${reviewer}`;

/** Whether a name is one of those. */
export const isReviewer = (name: string): boolean => /^\s*git:/i.test(name);

/** `Bob ` and `corp:bob` are not another than `bob`: whoever vouches for the name is cut off. */
export const isSameName = (one: string, other: string): boolean => bare(one) === bare(other);

const bare = (name: string): string => {
  const clean = name.trim().toLowerCase();
  return clean.slice(clean.indexOf(':') + 1);
};

/** Why a review does not count beside those who have approved meanwhile; undefined when it does. Who reviewed or wrote it counts once, or not at all. */
export function whyNotBeside(
  { reviewer, authors }: Pick<Review, 'reviewer' | 'authors'>,
  approvals: readonly { by: string }[],
): string | undefined {
  for (const { by } of approvals) {
    if (isSameName(by, reviewer)) return `${by} has approved already, and counts once`;
    if (authors.some((author) => isSameName(by, author))) return `${by}, who wrote it, has approved already: one of the two counts`;
  }
  return undefined;
}
