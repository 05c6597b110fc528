import type { RecordedWave } from '../domain/evidence.ts';
import type { PostMortemCheck } from '../domain/post-mortem.ts';
import type { RunEvent } from '../domain/run.ts';
import type { Measurement } from '../domain/sample.ts';
import type { Verdict } from '../domain/verdict.ts';
import type { AuditLog } from './audit/port.ts';
import type { Catalogue } from './catalogue.ts';
import type { Pruned, Retention } from './retention.ts';
import type { RecordedSignal } from './signal.ts';

export type { RecordedWave } from '../domain/evidence.ts';
export type { RunEvent } from '../domain/run.ts';
export type { AuditEntry, AuditFact, AuditFilter, AuditHead, AuditLog, StrayRecord } from './audit/port.ts';
export type { Catalogue, CatalogueChange, CatalogueEntry, CatalogueKey, StillHeld } from './catalogue.ts';
export type { Pruned, Retention } from './retention.ts';
export type { RecordedSignal, SampleBucket, SampleNumbers } from './signal.ts';

/** One run as the record keeps it. Times are epoch milliseconds. */
export interface RunRecord {
  workflowId: string;
  runId: string;
  /** The experiment's name. */
  name: string;
  service: string;
  environment: string;
  owner: string;
  ticket?: string;
  planDigest: string;
  seed: number;
  /** Every policy duration was multiplied by this; 1 is real time. */
  timeScale: number;
  /** A claim of whoever started it, not a proof. */
  requestedBy: string;
  site: string;
  startedAtMs: number;
  /** The parsed experiment, durations in milliseconds. JSON only. */
  experiment: Record<string, unknown>;
  closedAtMs?: number;
  verdict?: Verdict;
  reason?: string;
  result?: Record<string, unknown>;
}

/** What `openRun` takes: a run that has no end yet. */
export type OpenRun = Omit<RunRecord, 'closedAtMs' | 'verdict' | 'reason' | 'result'>;

export type SamplePhase = 'baseline' | 'fault' | 'recovery' | 'steady-state';

/** One measurement in its place in a run. The same probe at the same millisecond is the same sample. */
export interface RecordedSample {
  probe: string;
  atMs: number;
  wave: string;
  iteration: number;
  phase: SamplePhase;
  measurement: Measurement;
}

/** How a run ended. */
export interface RunClose {
  verdict: Verdict;
  reason: string;
  result: Record<string, unknown>;
  closedAtMs: number;
}

/** A run without what it was to do and what it found. */
export type RunHead = Omit<RunRecord, 'experiment' | 'result'>;

/** Which runs to list, newest first. `cursor` is the workflow id of the last run of the page before. */
export interface RunFilter {
  /** 1–1000 */
  limit: number;
  environment?: string;
  service?: string;
  verdict?: Verdict;
  /** The experiment's name. */
  name?: string;
  /** Started at or after `sinceMs`, and before `untilMs`, epoch milliseconds. */
  sinceMs?: number;
  untilMs?: number;
  /** Only of these owners and environments; an absent name is every one, and an empty list is none. */
  within?: readonly { owner?: string; environment?: string }[];
  cursor?: string;
}

/** Which verdicts of waves, newest first. Only those of runs that have ended. */
export interface WaveFilter {
  /** 1–1000 */
  limit: number;
  /** The runs ended at or after this instant. */
  sinceMs?: number;
  environment?: string;
  service?: string;
  /** The experiment's name. */
  name?: string;
  wave?: string;
}

/** A post-mortem as it was handed in. The same text again is the same one. */
export interface RecordedPostMortem extends PostMortemCheck {
  /** The run that it is about. */
  workflowId: string;
  /** SHA-256 of the text, in hex. */
  digest: string;
  /** A claim of whoever handed it in. */
  by: string;
  atMs: number;
}

/** A place among so many starts of a period that a run wants. */
export interface StartClaim {
  /** Whose starts are counted together. */
  scope: string;
  /** The day, week or month in which they are counted. */
  period: string;
  /** How many places there are for this run. */
  runs: number;
  workflowId: string;
}

/** Which samples: `fromMs` ≤ time < `toMs`. */
export interface SampleFilter {
  fromMs?: number;
  toMs?: number;
  probe?: string;
  phase?: SamplePhase;
}

/**
 * The memory of all runs. Every write is safe to repeat, and is chained in the audit log in the same step. Numbers that are not finite are refused.
 * Everything rejects with `RecordsError`, whose message holds no secret; `retryable` tells whether trying again can help.
 */
export interface Records extends AuditLog, Catalogue {
  /** Creates or upgrades the schema. Safe when several processes do it at once. */
  migrate(): Promise<void>;
  /** Repeated: the first record stays. Refused when the workflow id is recorded with another plan. */
  openRun(run: OpenRun): Promise<void>;
  /** All or none. An event's `key` is its identity within the run: appended again, it stays as it first was. Refused when `openRun` has not recorded the run. */
  appendEvents(workflowId: string, events: readonly RunEvent[]): Promise<void>;
  /** All or none, in one statement; thousands are fine. */
  appendSamples(workflowId: string, samples: readonly RecordedSample[]): Promise<void>;
  /** The first close stands for ever. @returns the verdict that stands, so that a caller notices a contradiction */
  closeRun(workflowId: string, close: RunClose): Promise<{ verdict: Verdict }>;
  findRun(workflowId: string): Promise<RunRecord | undefined>;
  listRuns(filter: RunFilter): Promise<RunRecord[]>;
  /** The same runs, without what weighs: experiment and result. */
  listHeads(filter: RunFilter): Promise<RunHead[]>;
  /** Runs that ever left something behind, by their result or by what the janitor found; newest first, 1000 at most. */
  runsWithLeftovers(): Promise<RunRecord[]>;
  /** Names of the sites of runs that started at or after this instant (epoch milliseconds). */
  sites(sinceMs: number): Promise<string[]>;
  /** Verdicts of waves, by the end of their runs, newest first; within a run by name. */
  waves(filter: WaveFilter): Promise<RecordedWave[]>;
  /** Takes one of the places of a period, for good. Asked again by the same run, it has it still. @returns whether it has one, and all who have */
  claimStart(claim: StartClaim): Promise<{ isGranted: boolean; holders: string[] }>;
  /** The same text again changes nothing. Refused when `openRun` has not recorded the run. */
  recordPostMortem(postMortem: RecordedPostMortem): Promise<void>;
  /** The newest one of each of these runs. */
  postMortems(workflowIds: readonly string[]): Promise<RecordedPostMortem[]>;
  /** By time; events of the same millisecond in the order in which they were appended. */
  events(workflowId: string): Promise<RunEvent[]>;
  /** Events of these kinds, of many runs (1,000 at most) at once, in the same order. A run without such events has no entry. */
  eventsOf(workflowIds: readonly string[], kinds: readonly string[]): Promise<Map<string, RunEvent[]>>;
  /** By time, then by probe. Those that retention has replaced are not among them. */
  samples(workflowId: string, filter?: SampleFilter): Promise<RecordedSample[]>;
  /**
   * Every sample of the signals that still have all of theirs, in pages: signal by signal in the order of their names, each by time. For a run
   * that is too long for `samples`.
   */
  samplePages(workflowId: string): AsyncIterable<RecordedSample[]>;
  /** Every signal in small, by name: from its samples while they are kept, else as it was when they were replaced, which is the same. */
  signals(workflowId: string): Promise<RecordedSignal[]>;
  /**
   * Replaces old samples by buckets and deletes old buckets, one signal at a time: interrupted, it goes on where it stopped. A sample that
   * arrives for a signal after that is not kept.
   * @param act false: only counts
   */
  prune(retention: Retention, act: boolean): Promise<Pruned>;
  /** @returns the clock of the store, epoch milliseconds */
  ping(): Promise<{ serverTimeMs: number }>;
  close(): Promise<void>;
}
