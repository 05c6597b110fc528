import type { Experiment } from '../domain/experiment/experiment.ts';
import { experimentSchema } from '../domain/experiment/schema.ts';
import { FaultSpec } from '../faults/index.ts';
import { ProviderSpec } from '../probes/index.ts';
import { RemedySpec } from '../remedies/index.ts';
import { TargetSpec } from '../targets/index.ts';
import { misfits } from './fits.ts';
import { editorJsonSchema } from './json-schema.ts';

/** The whole language: the domain's schema over the entries of the catalogues. */
export const ExperimentDocument = experimentSchema({
  fault: FaultSpec,
  targets: TargetSpec,
  provider: ProviderSpec,
  remedy: RemedySpec,
}).superRefine((experiment, context) => {
  for (const misfit of misfits(experiment as Experiment)) context.addIssue({ ...misfit });
});

/**
 * Parses a document that is already data (an API body, a run's input).
 * Catalogue entries are validated, and kept as their author wrote them: each entry parses its own words again when it is bound.
 * @throws ZodError with a path for every problem
 */
export function parseDocument(document: unknown): Experiment {
  const parsed = ExperimentDocument.parse(document) as Experiment;
  return asWritten(parsed, document as Experiment);
}

/** Puts the catalogue entries back as written, so that their own units are read exactly once, by the entry itself. */
export function asWritten(parsed: Experiment, raw: Experiment): Experiment {
  return {
    ...parsed,
    targets: raw.targets,
    fault: raw.fault,
    probes: mapValues(parsed.probes, (probe, name) => ({ ...probe, provider: raw.probes[name]?.provider ?? probe.provider })),
    slo: mapValues(parsed.slo, (slo, name) => ({
      ...slo,
      good: raw.slo[name]?.good ?? slo.good,
      total: raw.slo[name]?.total ?? slo.total,
    })),
    waves: parsed.waves.map((wave, i) => ({ ...wave, targets: raw.waves[i]?.targets, fault: raw.waves[i]?.fault })),
    runbooks: mapValues(parsed.runbooks, (runbook, name) => ({
      ...runbook,
      steps: runbook.steps.map((step, i) => ({ ...step, remedy: raw.runbooks[name]?.steps[i]?.remedy ?? step.remedy })),
    })),
  };
}

const mapValues = <T>(record: Record<string, T>, map: (value: T, name: string) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value, name)]));

/** JSON Schema of the experiment file, for editors. */
export const experimentJsonSchema = (): object => editorJsonSchema(ExperimentDocument);
