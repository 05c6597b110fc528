import { factOfPublishing } from '../domain/audit/catalogue-facts.ts';
import { factOfScheduleAct } from '../domain/audit/facts.ts';
import type { SigningKey } from '../records/audit/keys.ts';
import type { Records, StillHeld } from '../records/ports.ts';
import { differs, type Change, type SyncKind } from './change.ts';
import { openCheckout, type Checkout } from './checkout.ts';
import { sortFiles, type Documents } from './documents.ts';
import { SyncRefused } from './error.ts';
import { planExperiments, type CataloguePlan, type ReviewedFile } from './experiments.ts';
import { readFiles, uncommitted } from './files.ts';
import type { Git } from './git.ts';
import { checkPolicies, planPolicies, type PoliciesPlan } from './policies.ts';
import { publish, readInForce } from './policy-folder.ts';
import { broughtBy, openReviews, type Found, type ReviewSettings } from './reviews.ts';
import { planSchedules, readSchedules, scheduler, type ScheduleDoors, type ScheduleRead, type SchedulesPlan } from './schedules.ts';

/** What a sync works with, and how. */
export interface SyncOptions<R extends ScheduleRead = ScheduleRead> {
  folder: string;
  git: Git;
  records: Pick<Records, 'catalogue' | 'changeCatalogue' | 'aloneAtSync' | 'appendAudit'>;
  /** By which name what it puts in force is known again; absent: host, repository and folder. */
  name?: string;
  kinds: readonly SyncKind[];
  prune: boolean;
  /** Takes over policy files of the same name that no sync put there. Absent: they are refused. */
  adopt?: boolean;
  /** Takes what is not committed, too. Nothing then counts as reviewed. */
  allowDirty: boolean;
  /** Absent: nothing counts as reviewed. */
  reviews?: ReviewSettings;
  /** Signs statements of reviews. */
  key?: SigningKey;
  /** Symbolic link that leads to the policies in force; absent: policies are checked, and go nowhere. */
  policiesTo?: string;
  /** Absent: schedules are not reconciled. */
  schedules?: ScheduleDoors<R>;
  nowMs(): number;
}

/** What a sync would do, or has done. */
export interface SyncReport {
  managedBy: string;
  commit: string;
  branch?: string;
  /** What is not as it was committed. */
  uncommitted: string[];
  /** Paths of files that are none of Breakwater's. */
  ignored: string[];
  changes: Change[];
  /** What was not compared, and why. */
  notes: string[];
  /** Whether what is in force is what the checkout says. */
  inSync: boolean;
}

interface Plan<R extends ScheduleRead> {
  report: SyncReport;
  catalogue?: CataloguePlan;
  policies?: PoliciesPlan;
  schedules?: SchedulesPlan<R>;
}

/** Compares a checkout with what is in force. Changes nothing. @throws ExperimentError, SyncRefused when something in it is wrong */
export const planSync = async <R extends ScheduleRead>(options: SyncOptions<R>): Promise<SyncReport> => (await makePlan(options)).report;

/**
 * Makes what is in force what the checkout says. Everything is checked before anything is changed; repeated, it does what is left to do.
 * @throws ExperimentError, SyncRefused; SyncRefused also when another sync is at it
 */
export async function applySync<R extends ScheduleRead>(options: SyncOptions<R>): Promise<SyncReport> {
  const report = await options.records.aloneAtSync(async (stillHeld) => {
    const plan = await makePlan(options);
    await carryOut(plan, options, stillHeld);
    return plan.report;
  });
  if (!report) throw new SyncRefused('another sync is at it: run this one again when it has ended');
  return report;
}

async function makePlan<R extends ScheduleRead>(options: SyncOptions<R>): Promise<Plan<R>> {
  const { folder, git, kinds, records, nowMs, prune, policiesTo, schedules: doors } = options;
  const checkout = await openCheckout(folder, git);
  const files = readFiles(checkout);
  const dirty = uncommitted(files, checkout);
  const [first] = dirty;
  if (first !== undefined && !options.allowDirty)
    throw new SyncRefused(
      `${dirty.length} files are not as they were committed, the first is ${first}: commit or remove them, or add --allow-dirty`,
    );
  const documents = sortFiles(files);
  await checkPolicies(documents, nowMs());
  const managedBy = options.name ?? checkout.source;
  const plan: Plan<R> = { report: reportOf(checkout, managedBy, dirty, documents) };
  const { notes, changes } = plan.report;
  const read = doors && readSchedules(documents, doors.read);
  if (!doors && documents.schedules.length > 0 && kinds.includes('schedules')) notes.push('schedules: not reconciled');
  if (kinds.includes('experiments')) {
    const { key } = options;
    const reviewed = await reviewAll(documents, checkout, options);
    plan.catalogue = await planExperiments(reviewed, records, { managedBy, prune, nowMs: nowMs(), ...(key && { key }) });
    changes.push(...plan.catalogue.changes);
  }
  if (kinds.includes('policies') && policiesTo !== undefined) {
    plan.policies = await planPolicies(documents.policies?.files ?? [], await readInForce(policiesTo), {
      ...{ managedBy, prune, adopt: options.adopt ?? false },
    });
    changes.push(...plan.policies.changes);
  } else if (kinds.includes('policies') && documents.policies)
    notes.push('policies: checked, and not reconciled: no --policies-to names their place');
  if (kinds.includes('schedules') && doors && read) {
    plan.schedules = await planSchedules(read, doors, { managedBy, prune });
    changes.push(...plan.schedules.changes);
  }
  plan.report.inSync = !changes.some(differs);
  return plan;
}

const reportOf = ({ head, branch }: Checkout, managedBy: string, dirty: string[], { ignored }: Documents): SyncReport => ({
  ...{ managedBy, commit: head, uncommitted: dirty, ignored, changes: [], notes: [], inSync: true },
  ...(branch !== undefined && { branch }),
});

async function reviewAll<R extends ScheduleRead>(
  { experiments }: Documents,
  checkout: Checkout,
  { git: given, reviews, allowDirty }: SyncOptions<R>,
): Promise<ReviewedFile[]> {
  const git = given.within(checkout.root);
  const find = !allowDirty && reviews && experiments.length > 0 ? await openReviews(git, checkout, reviews) : undefined;
  const none: Found = { why: allowDirty ? 'with --allow-dirty nothing is' : 'no --protected-branch was named' };
  const reviewed: ReviewedFile[] = [];
  for (const file of experiments) {
    const commit = (await broughtBy(git, checkout, file.path)) ?? '';
    reviewed.push({ ...file, commit, found: find ? await find(file.path) : none });
  }
  return reviewed;
}

/** Policies first: what they forbid holds before anything new could start. Each step is noted before it is done. */
async function carryOut<R extends ScheduleRead>(
  { report, catalogue, policies, schedules }: Plan<R>,
  { records, policiesTo, schedules: doors, nowMs }: SyncOptions<R>,
  stillHeld: StillHeld,
): Promise<void> {
  const { managedBy, commit, changes } = report;
  const isToBeDone = ({ kind, action }: Change, wanted: SyncKind): boolean =>
    kind === wanted && (action === 'create' || action === 'change' || action === 'prune');
  if (policies && policiesTo !== undefined && changes.some((change) => isToBeDone(change, 'policies'))) {
    await records.appendAudit([factOfPublishing(policies.digest, commit, managedBy, nowMs())]);
    stillHeld();
    await publish(policiesTo, policies.files);
  }
  stillHeld();
  if (catalogue) await records.changeCatalogue(catalogue.write);
  if (!schedules || !doors) return;
  const by = scheduler(managedBy);
  for (const read of schedules.apply) {
    if (changes.some((change) => change.name === read.name && isToBeDone(change, 'schedules')))
      await records.appendAudit([factOfScheduleAct('add', read.name, by, nowMs())]);
    stillHeld();
    await doors.apply(read, by);
  }
  for (const name of schedules.remove) {
    await records.appendAudit([factOfScheduleAct('remove', name, by, nowMs())]);
    stillHeld();
    await doors.remove(name);
  }
}
