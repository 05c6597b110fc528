import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { ExperimentError } from '../language/problem.ts';
import { parse } from 'yaml';
import { isPolicyFile, readPolicies, type PolicySet } from '../policy/folder.ts';
import { testPolicies } from '../policy/test-policies.ts';
import type { Change } from './change.ts';
import { differencesOf, type Difference } from './differences.ts';
import type { Documents } from './documents.ts';
import { SyncRefused } from './error.ts';
import type { SourceFile } from './files.ts';
import { managed, wasEdited, type FileInForce, type FolderInForce } from './policy-folder.ts';

/** What is to be in force, and how that differs from what is. */
export interface PoliciesPlan {
  changes: Change[];
  /** All files of the new folder. */
  files: FolderInForce;
  /** Digest of the policies, as runs record it in part. */
  digest: string;
}

/** Policies must be right, and pass their own cases. @throws ExperimentError, SyncRefused */
export async function checkPolicies({ policies }: Documents, nowMs: number): Promise<void> {
  if (!policies) return;
  const { results } = await testPolicies(policies.folder, nowMs);
  const failed = results.filter(({ passed }) => !passed);
  if (failed.length === 0) return;
  const [first] = failed;
  throw new SyncRefused(
    `${failed.length} of ${results.length} cases of the policies fail, the first in ${first?.file}:${first?.line} (${first?.name}): \`breakwater policy test ${policies.folder}\` shows all`,
  );
}

/**
 * Compares the policies of a checkout with those in force.
 * @throws SyncRefused for those that another sync manages, and, unless they are to be adopted, for those that a person put there
 */
export async function planPolicies(
  wanted: readonly SourceFile[],
  inForce: FolderInForce,
  { managedBy, prune, adopt }: { managedBy: string; prune: boolean; adopt: boolean },
): Promise<PoliciesPlan> {
  const files = new Map<string, FileInForce>();
  const changes: Change[] = [];
  for (const file of wanted.filter(({ file: path }) => isPolicyFile(basename(path)))) {
    const name = basename(file.file);
    const old = inForce.get(name);
    if (old?.mark && old.mark.managedBy !== managedBy)
      throw new SyncRefused(
        `${file.path}: the policy file ${name} is managed by the sync ${old.mark.managedBy}: remove it there first, or rename it`,
      );
    if (old && !old.mark && !adopt)
      throw new SyncRefused(
        `${file.path}: the policy file ${name} is there already, and no sync put it there: remove it by hand, rename yours, or take it over with --adopt`,
      );
    files.set(name, managed(file.text, managedBy));
    changes.push(compare(file, name, old));
  }
  for (const [name, old] of inForce) {
    if (files.has(name)) continue;
    const isOurs = old.mark?.managedBy === managedBy;
    if (!(isOurs && prune)) files.set(name, old);
    if (!isOurs && old.mark && !wasEdited(old)) continue; // another sync's, and as that one left it
    const action = !isOurs ? 'foreign' : prune ? 'prune' : 'stale';
    const drift = wasEdited(old)
      ? 'it was edited in place'
      : old.mark
        ? undefined
        : 'no sync put it there: remove it by hand, or add it to the checkout';
    changes.push({ kind: 'policies', name, action, differences: [], ...(drift !== undefined && { drift }) });
  }
  if (files.size === 0 && changes.length > 0)
    throw new SyncRefused('no policy would be left, and an empty folder denies every plan: keep one in the checkout, or leave --prune out');
  if (files.size === 0) return { changes, files, digest: '' };
  return { changes, files, digest: (await tryOut(files)).digest };
}

function compare({ path, text }: SourceFile, name: string, old: FileInForce | undefined): Change {
  const base = { kind: 'policies', name, path } as const;
  if (!old) return { ...base, action: 'create', differences: [] };
  if (!old.mark)
    return {
      ...base,
      action: 'change',
      differences: textDifferences(old.text, text),
      drift: 'no sync put it there: it is adopted',
    };
  if (old.text === text && !wasEdited(old)) return { ...base, action: 'unchanged', differences: [] };
  return {
    ...base,
    ...{ action: 'change', differences: textDifferences(old.text, text) },
    ...(wasEdited(old) && { drift: 'it was edited in place' }),
  };
}

/** By their data; where these are the same, or none, only that the text is another one. */
function textDifferences(before: string, after: string): Difference[] {
  if (before === after) return [];
  try {
    const found = differencesOf(parse(before), parse(after));
    if (found.length > 0) return found;
  } catch {
    // no YAML: a calendar, or a file that somebody broke
  }
  return [{ path: 'text', before: `${before.split('\n').length} lines`, after: `${after.split('\n').length} lines` }];
}

/** The new folder may hold files of others, too: all of them together must be readable, or every plan would be denied. */
async function tryOut(files: FolderInForce): Promise<PolicySet> {
  const folder = await mkdtemp(join(tmpdir(), 'breakwater-sync-'));
  try {
    for (const [name, { text }] of files) await writeFile(join(folder, name), text);
    return readPolicies(folder);
  } catch (error) {
    if (error instanceof ExperimentError)
      throw new ExperimentError(error.problems.map((problem) => ({ ...problem, file: `(policies in force) ${basename(problem.file)}` })));
    throw new SyncRefused(
      `the policies would be unreadable: ${(error instanceof Error ? error.message : String(error)).replaceAll(folder, 'the folder')}`,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
