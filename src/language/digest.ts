import { createHash } from 'node:crypto';
import { FENCE } from '../domain/order.ts';
import { resolveWaves, scaleTime, type Plan } from '../domain/plan.ts';
import { faults } from '../faults/index.ts';
import { parseDocument } from './experiment.ts';

/** JSON with sorted keys, so that equal documents give equal texts. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`)
    .join(',')}}`;
}

/** SHA-256 in hex over the canonical text of a value. @throws RangeError when it is nested too deeply */
export const canonicalDigest = (value: unknown): string => createHash('sha256').update(canonicalJson(value)).digest('hex');

/** Digest of what is run: document, seed, time scale. */
export const digestOf = (document: unknown, seed: number, timeScale: number): string => canonicalDigest({ document, seed, timeScale });

/**
 * Makes the plan of a run from the author's document.
 * @param timeScale every policy duration is multiplied by this, 0 < timeScale ≤ 1
 * @throws ZodError when the document is not an experiment
 */
export function makePlan(document: unknown, seed: number, timeScale: number): Plan {
  const experiment = scaleTime(parseDocument(document), timeScale);
  const kinds = new Set(resolveWaves(experiment).map(({ fault }) => fault.kind));
  if (experiment.traffic?.set !== undefined) kinds.add(FENCE);
  const reversible = Object.fromEntries([...kinds].map((kind) => [kind, faults[kind as keyof typeof faults].reversible]));
  return { experiment, digest: digestOf(document, seed, timeScale), seed, timeScale, reversible };
}
