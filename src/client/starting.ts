import { defineSearchAttributeKey, TypedSearchAttributes } from '@temporalio/common';
import type { Experiment } from '../domain/experiment/experiment.ts';
import { startAttributes } from '../domain/search-attributes.ts';

/** What starts a run. */
export interface StartOptions {
  /** The experiment as data: what a YAML file parses to. */
  document: unknown;
  requestedBy: string;
  /** The same key starts the same run once, however often it is asked for. */
  idempotencyKey?: string;
  /** Chooses the victims; random when absent, and part of the plan's digest. */
  seed?: number;
  /** Multiplies every policy duration; 1 (real time) when absent. */
  timeScale?: number;
  /** The digest that `plan` showed; a run of anything else is denied. */
  expectedDigest?: string;
  /** When it was asked for, epoch milliseconds by Temporal's clock; now when absent. A run that begins a day later is denied. */
  issuedAtMs?: number;
}

/** How soon a dead worker's workflow task moves to another worker. */
const WORKFLOW_TASK_TIMEOUT = '5s';

/** How a run looks in Temporal, and how it is found there, whoever starts it: a person or a schedule. */
export const startOptionsOf = ({ metadata, hypothesis }: Experiment, requestedBy: string) =>
  ({
    workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT,
    staticSummary: `${metadata.name} in ${metadata.environment}`,
    staticDetails: hypothesis,
    memo: { ticket: metadata.ticket ?? '', requestedBy, owner: metadata.owner },
    typedSearchAttributes: new TypedSearchAttributes(
      Object.entries(startAttributes(metadata, requestedBy)).map(([name, value]) => ({
        key: defineSearchAttributeKey(name, 'KEYWORD'),
        value,
      })),
    ),
  }) as const;
