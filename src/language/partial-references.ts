import type * as z from 'zod';
import type { Experiment } from '../domain/experiment/experiment.ts';
import { checkReferences } from '../domain/experiment/references.ts';
import { ExperimentDocument } from './experiment.ts';

const isMapping = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** Of these the checks read nothing but the names, which stand even when an entry is wrong. */
const NAMES_ONLY = ['probes', 'slo', 'runbooks'] as const;

/**
 * Checks the references of a document whose shape is wrong somewhere, so that all problems are told at once.
 * A block that does not parse is left out: it has been complained about, and nothing is known of it.
 */
export function checkPartialReferences(document: unknown): z.core.$ZodRawIssue[] {
  if (!isMapping(document)) return [];
  const { shape } = ExperimentDocument;
  const block = (name: keyof typeof shape): unknown => {
    const parsed = shape[name].safeParse(document[name]);
    return parsed.success ? parsed.data : undefined;
  };
  const names = (name: (typeof NAMES_ONLY)[number]): Record<string, unknown> => {
    const entries = Object.keys(isMapping(document[name]) ? document[name] : {}).map((key) => [key, { steps: [] }]);
    return (block(name) as Record<string, unknown> | undefined) ?? (Object.fromEntries(entries) as Record<string, unknown>);
  };
  const lists = (name: 'steadyState' | 'comparisons' | 'preconditions' | 'stopConditions' | 'remediation' | 'rollbacks'): unknown =>
    block(name) ?? [];
  const waves = block('waves');
  const caps = block('blastRadius');
  const partial = {
    ...Object.fromEntries(NAMES_ONLY.map((name) => [name, names(name)])),
    steadyState: lists('steadyState'),
    business: document['business'] === undefined ? undefined : block('business'),
    traffic: document['traffic'] === undefined ? undefined : block('traffic'),
    comparisons: waves === undefined ? [] : lists('comparisons'),
    preconditions: lists('preconditions'),
    stopConditions: lists('stopConditions'),
    remediation: lists('remediation'),
    rollbacks: lists('rollbacks'),
    waves: waves ?? [{ name: 'unknown', dryRun: true, iterations: 1 }],
    selection: block('selection') ?? 'all',
    // of approvals that are wrong nothing is known, and they have been complained about
    approvals: block('approvals') ?? { required: 1 },
    fault: block('fault') ?? { kind: 'unknown' },
    blastRadius: caps ?? { maxVictims: Infinity, maxConcurrent: Infinity },
  };
  return checkReferences(partial as unknown as Experiment);
}
