import { createHash, randomInt } from 'node:crypto';
import { defineSearchAttributeKey, TypedSearchAttributes } from '@temporalio/common';
import type { Experiment } from '../domain/experiment/experiment.ts';
import type { RunInput } from '../domain/run.ts';
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

/** A run that was started, or found to have been started with the same idempotency key. */
export interface StartedRun {
  workflowId: string;
  runId: string;
  alreadyStarted: boolean;
}

const MAX_SEED = 2 ** 31 - 1;

/** What the workflow is given, without the issue. */
export const inputOf = ({ document, requestedBy, seed, timeScale, expectedDigest }: StartOptions): RunInput => ({
  document,
  requestedBy,
  seed: seed ?? randomInt(MAX_SEED),
  timeScale: timeScale ?? 1,
  ...(expectedDigest !== undefined && { expectedDigest }),
});

/** An id that reads and holds no slash: `kill.payment-worker.staging.20261123-2010.k7f2`; with a key, the key's hash instead of time and chance. */
export function workflowIdOf(
  metadata: { name: string; environment: string },
  faultKind: string,
  idempotencyKey?: string,
  now = new Date(),
): string {
  const verb = faultKind.split('-').at(-1) ?? faultKind;
  const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 13);
  const tail =
    idempotencyKey === undefined
      ? `${stamp}.${randomInt(36 ** 4)
          .toString(36)
          .padStart(4, '0')}`
      : createHash('sha256').update(idempotencyKey).digest('hex').slice(0, 16);
  return [verb, metadata.name, metadata.environment, tail].join('.');
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
