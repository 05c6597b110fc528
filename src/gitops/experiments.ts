import type { KeyObject } from 'node:crypto';
import type { Review } from '../domain/review.ts';
import { canonicalDigest } from '../language/digest.ts';
import type { SigningKey } from '../records/audit/keys.ts';
import type { Catalogue, CatalogueChange, CatalogueEntry } from '../records/catalogue.ts';
import { signReview, verifyReview } from '../records/reviews/statement.ts';
import type { Change } from './change.ts';
import { differencesOf } from './differences.ts';
import type { ExperimentFile } from './documents.ts';
import { SyncRefused } from './error.ts';
import type { Found } from './reviews.ts';

/** An experiment with what Git says of it. */
export interface ReviewedFile extends ExperimentFile {
  commit: string;
  found: Found;
}

/** By whom and how the catalogue is changed. */
export interface CatalogueSettings {
  managedBy: string;
  prune: boolean;
  nowMs: number;
  /** Signs statements of reviews. Absent: none is made, and one that stands stays while nothing of it changed. */
  key?: SigningKey;
}

/** What is to be done to the catalogue, and how it is told. */
export interface CataloguePlan {
  changes: Change[];
  write: CatalogueChange;
}

const titleOf = ({ name, environment }: Pick<CatalogueEntry, 'name' | 'environment'>): string => `${name} in ${environment}`;

/** Compares the experiments of a checkout with the catalogue. @throws SyncRefused for those that another sync manages */
export async function planExperiments(
  files: readonly ReviewedFile[],
  catalogue: Pick<Catalogue, 'catalogue'>,
  settings: CatalogueSettings,
): Promise<CataloguePlan> {
  const { managedBy, prune, nowMs } = settings;
  const entries = new Map((await catalogue.catalogue()).map((entry) => [titleOf(entry), entry]));
  const plan: CataloguePlan = { changes: [], write: { put: [], remove: [], managedBy, atMs: nowMs } };
  const put: CatalogueEntry[] = [];
  for (const file of files) {
    const { name, environment } = file.experiment.metadata;
    const title = titleOf({ name, environment });
    const old = entries.get(title);
    entries.delete(title);
    if (old && old.managedBy !== managedBy)
      throw new SyncRefused(
        `${file.path}: experiment ${title} is managed by the sync ${old.managedBy}: remove it there first, or rename it`,
      );
    const { change, entry } = await compare(file, old, settings);
    plan.changes.push(change);
    if (entry) put.push(entry);
  }
  const gone = [...entries.values()].filter((entry) => entry.managedBy === managedBy);
  const action = prune ? 'prune' : 'stale';
  plan.changes.push(
    ...gone.map((entry): Change => ({ kind: 'experiments', name: titleOf(entry), action, path: entry.path, differences: [] })),
  );
  return { ...plan, write: { ...plan.write, put, remove: prune ? gone : [] } };
}

async function compare(file: ReviewedFile, old: CatalogueEntry | undefined, settings: CatalogueSettings) {
  const { experiment, digest, path, commit, found } = file;
  const { name, environment, service, owner } = experiment.metadata;
  const review: Review | undefined = found.review && { digest, path, ...found.review };
  const kept = await keptStatement(old, review, settings.key);
  const statement = kept.statement ?? (settings.key && review && (await sign(review, settings.key, settings)));
  const document = file.document as Record<string, unknown>;
  const fresh = { name, environment, service, owner, digest, document, path, commit, ...(statement !== undefined && { statement }) };
  const drift = old && driftOf(old, kept.problem);
  const differences = old ? differencesOf(told(old, kept.stood), told(fresh, statement === undefined ? undefined : review)) : [];
  const action = !old ? 'create' : differences.length > 0 || drift !== undefined ? 'change' : 'unchanged';
  const change: Change = {
    ...{ kind: 'experiments', name: titleOf(fresh), action, path, differences },
    ...(drift !== undefined && { drift }),
    review: reviewOf(found, settings.key, statement),
  };
  const entry: CatalogueEntry = { ...fresh, managedBy: settings.managedBy, atMs: settings.nowMs };
  return { change, ...(action !== 'unchanged' && { entry }) };
}

const sign = (review: Review, key: SigningKey, { managedBy, nowMs }: CatalogueSettings): Promise<string> =>
  signReview({ ...review, statedBy: managedBy, statedAtMs: nowMs }, key);

interface Kept {
  /** Stands, and says what Git says now. */
  statement?: string;
  /** What it says, whether or not that is so. */
  stood?: Review;
  problem?: string;
}

/** A statement that says the same stays as it is. Without a key it cannot be verified: it stays only where it is about this very file. */
async function keptStatement(old: CatalogueEntry | undefined, review: Review | undefined, key: SigningKey | undefined): Promise<Kept> {
  if (old?.statement === undefined) return {};
  if (!key)
    return review && old.digest === review.digest && old.commit === review.commit ? { statement: old.statement, stood: review } : {};
  const read = await readStatement(old.statement, key.publicKey);
  if ('problem' in read) return read;
  const isSame = review !== undefined && differencesOf(read.stood, review).length === 0;
  return { stood: read.stood, ...(isSame && { statement: old.statement }) };
}

async function readStatement(statement: string, key: KeyObject): Promise<{ stood: Review } | { problem: string }> {
  try {
    const { statedBy: _by, statedAtMs: _at, ...stood } = await verifyReview(statement, [key]);
    return { stood };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

/** What somebody did to the row past every sync. */
function driftOf({ document, digest }: CatalogueEntry, problem: string | undefined): string | undefined {
  if (canonicalDigest(document) !== digest) return 'the catalogue was edited: the document in it has another digest than it says';
  return problem;
}

/** What is compared, and told. */
const told = ({ document, path, commit }: Pick<CatalogueEntry, 'document' | 'path' | 'commit'>, review: Review | undefined): unknown => ({
  ...document,
  path,
  commit,
  ...(review && {
    review: `${review.kind} ${review.commit.slice(0, 12)} in ${review.branch}, by ${review.reviewer}, of ${review.authors.join(', ')}`,
  }),
});

function reviewOf(found: Found, key: SigningKey | undefined, statement: string | undefined): string {
  if (!found.review) return `not reviewed: ${found.why}`;
  const { reviewer, branch, authorsSigned } = found.review;
  const who = `reviewed by ${reviewer} in ${branch}${authorsSigned ? ', authors signed' : ''}`;
  return statement !== undefined ? who : `${who}, but not stated: ${key ? 'it could not be signed' : 'there is no key to sign with'}`;
}
