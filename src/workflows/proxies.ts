import { proxyActivities, proxyLocalActivities, workflowInfo } from '@temporalio/workflow';
import type { ControlActivities, SiteActivities } from '../activities/index.ts';
import { deadAfterMs } from '../domain/liveness.ts';

/** How long after the guard was armed an order may still be carried out, milliseconds. */
export const INJECT_WITHIN_MS = 15_000;
/** How long an undo is tried before its victim becomes a leftover that pages a person. */
const UNDO_WITHIN = '30m';
/** A site whose workers take nothing for this long has none. */
const SITE_ANSWERS_WITHIN = '60s';
/** A repair whose worker is silent for this long moves to another. */
const HEARTBEAT_TIMEOUT = '3s';
/** The same for a deed and its undo, which are short: an order without an answer is a victim that waits. */
const DEED_HEARTBEAT_TIMEOUT = '1500ms';

/** A watch that cannot even begin (a missing secret, an unreadable registry) fails again each time; deaths of workers are fewer. */
const WATCH_ATTEMPTS = 20;

const promptRetry = { initialInterval: '100ms', backoffCoefficient: 1.5, maximumInterval: '5s' } as const;
const siteQueue = (site: string): string => `${workflowInfo().taskQueue}.${site}`;

/** The task queue of a site's workers, for the activities that watch for `ms` and must leave at once when the run is aborted. */
export const watching = (site: string, ms: number, summary: string) =>
  proxyActivities<Pick<SiteActivities, 'prepareWave' | 'awaitRecovery'>>({
    taskQueue: siteQueue(site),
    summary,
    startToCloseTimeout: ms + 60_000,
    scheduleToStartTimeout: SITE_ANSWERS_WITHIN,
    heartbeatTimeout: deadAfterMs(),
    cancellationType: 'TRY_CANCEL',
    retry: { ...promptRetry, maximumAttempts: WATCH_ATTEMPTS },
  });

/**
 * One guard, which is not retried by the server: who follows a lost one is the run's decision (guarding.ts).
 * @param maxBlindMs how long a fault may go unwatched
 * @param startsWithinMs how long it may wait for a worker; the first may wait longer, because nothing is held yet
 */
export const guarding = (site: string, ms: number, summary: string, maxBlindMs: number, startsWithinMs?: number) =>
  proxyActivities<Pick<SiteActivities, 'guardWave'>>({
    taskQueue: siteQueue(site),
    summary,
    startToCloseTimeout: ms + 60_000,
    scheduleToStartTimeout: startsWithinMs ?? SITE_ANSWERS_WITHIN,
    heartbeatTimeout: deadAfterMs(maxBlindMs),
    cancellationType: 'TRY_CANCEL',
    retry: { maximumAttempts: 1 },
  });

/**
 * A cancelled injection is waited for: an undo must not overtake its deed.
 * Said explicitly, because SDK 1.24 documents this as the default and sends none, which the server takes for TRY_CANCEL.
 */
export const injecting = (site: string, summary: string) =>
  proxyActivities<Pick<SiteActivities, 'injectFault'>>({
    taskQueue: siteQueue(site),
    summary,
    startToCloseTimeout: INJECT_WITHIN_MS,
    scheduleToCloseTimeout: INJECT_WITHIN_MS + 5_000,
    heartbeatTimeout: DEED_HEARTBEAT_TIMEOUT,
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    retry: promptRetry,
  });

/** Undoing is stubborn. */
export const undoing = (site: string, summary: string) =>
  proxyActivities<Pick<SiteActivities, 'revertFault'>>({
    taskQueue: siteQueue(site),
    summary,
    startToCloseTimeout: '30s',
    scheduleToCloseTimeout: UNDO_WITHIN,
    heartbeatTimeout: DEED_HEARTBEAT_TIMEOUT,
    retry: promptRetry,
  });

/** Repairing is tried a few times; its step's verification decides. */
export const repairing = (site: string, summary: string) =>
  proxyActivities<Pick<SiteActivities, 'applyRemedy'>>({
    taskQueue: siteQueue(site),
    summary,
    startToCloseTimeout: '2m',
    scheduleToStartTimeout: SITE_ANSWERS_WITHIN,
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    retry: { ...promptRetry, maximumAttempts: 5 },
  });

/** Looking is asked by a person who waits: it answers soon or says that nobody is there. */
export const looking = (site: string) =>
  proxyActivities<Pick<SiteActivities, 'previewWaves'>>({
    taskQueue: siteQueue(site),
    startToCloseTimeout: '60s',
    scheduleToStartTimeout: '10s',
    summary: 'plan: victims and probes, touching nothing',
    retry: { maximumAttempts: 2 },
  });

/** The same for the pods of a cluster, of which there may be thousands. */
export const surveying = (site: string) =>
  proxyActivities<Pick<SiteActivities, 'surveyPods'>>({
    taskQueue: siteQueue(site),
    startToCloseTimeout: '60s',
    scheduleToStartTimeout: '10s',
    summary: 'discover: pods, touching nothing',
    retry: { maximumAttempts: 2 },
  });

/** Counting is what an approval rests on: worth some patience, and an abort does not wait for it. */
export const counting = (site: string, summary: string) =>
  proxyActivities<Pick<SiteActivities, 'countTargets'>>({
    taskQueue: siteQueue(site),
    summary,
    startToCloseTimeout: '60s',
    scheduleToStartTimeout: SITE_ANSWERS_WITHIN,
    cancellationType: 'TRY_CANCEL',
    retry: { ...promptRetry, maximumAttempts: 8 },
  });

/** What a ledger asks of the world. Regular ones: a ledger must take messages while they are under way. */
export const ledgering = proxyActivities<Pick<ControlActivities, 'whoRuns' | 'stopRuns'>>({
  startToCloseTimeout: '60s',
  scheduleToCloseTimeout: '5m',
  heartbeatTimeout: '30s',
  retry: promptRetry,
});

/** Quick control steps: admission, gates and the ledger. */
export const control = proxyLocalActivities<
  Pick<ControlActivities, 'admitRun' | 'checkGates' | 'enterWave' | 'weighWave' | 'tellApprovals' | 'reviewedApproval'>
>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '100ms', maximumAttempts: 3 },
});

/** Verifying an approval, while whoever gave it waits for the answer. Not a local one: that it was verified, and what came, is an event of its own. */
export const approving = (summary: string) =>
  proxyActivities<Pick<ControlActivities, 'verifyApproval'>>({
    summary,
    startToCloseTimeout: '5s',
    scheduleToCloseTimeout: '30s',
    retry: promptRetry,
  });

/** What a run asks its schedule. */
export const scheduling = proxyLocalActivities<Pick<ControlActivities, 'judgeStart' | 'claimStart'>>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '100ms', maximumAttempts: 3 },
});

/** A schedule has many starts left when it is renewed: one try is enough. */
export const renewing = proxyLocalActivities<Pick<ControlActivities, 'renewSchedule'>>({
  startToCloseTimeout: '10s',
  retry: { maximumAttempts: 1 },
});

/** What is left of error budgets: without an answer soon the run is skipped. */
export const measuring = (site: string) =>
  proxyActivities<Pick<SiteActivities, 'measureBudgets'>>({
    taskQueue: siteQueue(site),
    summary: 'error budgets that the schedule asks for',
    startToCloseTimeout: '60s',
    scheduleToStartTimeout: SITE_ANSWERS_WITHIN,
    cancellationType: 'TRY_CANCEL',
    retry: { ...promptRetry, maximumAttempts: 3 },
  });

/** Judging reads samples back; a database that is away leaves it undecided soon. */
export const comparing = proxyLocalActivities<Pick<ControlActivities, 'judgeComparisons'>>({
  startToCloseTimeout: '20s',
  scheduleToCloseTimeout: '30s',
  retry: { initialInterval: '200ms', maximumAttempts: 3 },
});

/** Records on the way: a database that is away must not hold an undo up, so this gives up soon and the events wait for the next flush. */
export const recording = proxyLocalActivities<Pick<ControlActivities, 'recordEvents' | 'recordAndLeave'>>({
  startToCloseTimeout: '3s',
  scheduleToCloseTimeout: '5s',
  retry: { initialInterval: '100ms', maximumAttempts: 3 },
});

/** Records at the end: worth some patience, because nothing waits for it any more. */
export const closing = proxyLocalActivities<Pick<ControlActivities, 'recordEvents' | 'closeRun' | 'recordEnd'>>({
  startToCloseTimeout: '5s',
  scheduleToCloseTimeout: '60s',
  retry: { initialInterval: '200ms', maximumInterval: '5s' },
});

/** Calling a person: worth a minute's patience, and no more, because the verdict waits for it. */
export const paging = (summary: string) =>
  proxyActivities<Pick<ControlActivities, 'page'>>({
    summary: summary.slice(0, 200),
    startToCloseTimeout: '15s',
    scheduleToCloseTimeout: '60s',
    retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '10s' },
  });

/** Writing into a ticket: worth half a minute, and no more, because the run, or its end, waits for it. An abort does not. */
export const noting = (summary: string) =>
  proxyActivities<Pick<ControlActivities, 'noteTicket'>>({
    summary: summary.slice(0, 200),
    startToCloseTimeout: '10s',
    scheduleToCloseTimeout: '30s',
    cancellationType: 'TRY_CANCEL',
    retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '5s', maximumAttempts: 4 },
  });

/** Looking at what the control workers ask: a person waits. */
export const inspecting = proxyLocalActivities<Pick<ControlActivities, 'reachChangeControl'>>({
  startToCloseTimeout: '6s',
  retry: { maximumAttempts: 1 },
});

/** Questions of the janitor to the control workers. */
export const janitorial = proxyActivities<Pick<ControlActivities, 'planSweep' | 'tellRuns' | 'recordSweep' | 'sweepLedgers'>>({
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '60s',
  retry: { initialInterval: '500ms', maximumAttempts: 5 },
});

/** Leases at a site: a site that does not answer soon has no worker. */
export const tidying = (site: string, summary: string) =>
  proxyActivities<Pick<SiteActivities, 'listLeases' | 'listUnreadable' | 'releaseLease'>>({
    taskQueue: siteQueue(site),
    summary,
    startToCloseTimeout: '30s',
    scheduleToStartTimeout: '10s',
    retry: { initialInterval: '500ms', maximumAttempts: 3 },
  });

/** An undo by the janitor: the next sweep tries again, so this one does not wait long. */
export const tidyingUp = (site: string, summary: string) =>
  proxyActivities<Pick<SiteActivities, 'revertFault'>>({
    taskQueue: siteQueue(site),
    summary,
    startToCloseTimeout: '30s',
    scheduleToCloseTimeout: '45s',
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    retry: promptRetry,
  });
