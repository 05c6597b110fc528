import type * as z from 'zod';
import type { Spec } from '../order.ts';
import type { Fence } from '../traffic/fence.ts';
import type { Precondition, RemediationTrigger, SteadyStateClause, StopCondition, Tolerance } from './conditions.ts';
import type { Business } from './business.ts';
import type { Comparison } from './comparisons.ts';
import type { Approvals, GuardSettings, Metadata, Window } from './metadata.ts';
import type { BlastRadius, BudgetRule, EvidenceRule, Selection, Timing } from './waves.ts';

/** A parsed experiment, in base units: durations are milliseconds, ratios fractions. Catalogue entries stay in their own words. */
export interface Experiment {
  apiVersion: 'breakwater.dev/v1';
  kind: 'Experiment';
  metadata: Metadata;
  hypothesis: string;
  site: string;
  probes: Record<string, ProbeDefinition>;
  slo: Record<string, Slo>;
  steadyState: SteadyStateClause[];
  business?: Business | undefined;
  comparisons: Comparison[];
  preconditions: Precondition[];
  stopConditions: StopCondition[];
  targets: Spec;
  fault: Spec;
  selection: Selection;
  blastRadius: BlastRadius;
  traffic?: Fence | undefined;
  timing: Timing;
  waves: Wave[];
  guard: z.infer<typeof GuardSettings>;
  approvals: z.infer<typeof Approvals>;
  windows: Window[];
  runbooks: Record<string, Runbook>;
  rollbacks: string[];
  remediation: { when: RemediationTrigger; runbook: string }[];
}

/** A signal: how to ask, how often, how long to wait, and when an answer counts. */
export interface ProbeDefinition {
  provider: Spec;
  unit: string;
  description?: string | undefined;
  every: number;
  timeout: number;
  maxAge?: number | undefined;
  mustMoveWithin?: number | undefined;
}

/** A service level objective and how its good and total events are counted. */
export interface Slo {
  objective: number;
  window: number;
  burnRateOver: number;
  good: Spec;
  total: Spec;
  every: number;
  timeout: number;
  maxAge?: number | undefined;
  mustMoveWithin?: number | undefined;
}

/** One gated step; what it leaves out comes from the experiment. */
export interface Wave extends Partial<{ [K in keyof Timing]: Timing[K] | undefined }> {
  name: string;
  dryRun: boolean;
  targets?: Spec | undefined;
  fault?: Spec | undefined;
  selection?: Selection | undefined;
  iterations: number;
  stopEarly: boolean;
  gate: 'auto' | 'approval';
  requires?: EvidenceRule | undefined;
  budget?: BudgetRule | undefined;
  coolDown?: number | undefined;
}

/** A repair in steps, each with its proof. */
export interface Runbook {
  description?: string | undefined;
  steps: RunbookStep[];
}

export interface RunbookStep {
  remedy: Spec;
  verify?: { probe: string; tolerance: Tolerance; within: number } | undefined;
}
