import * as z from 'zod';
import type { Experiment } from '../domain/experiment/experiment.ts';
import { experimentSchema } from '../domain/experiment/schema.ts';
import { Duration, formatDuration, QuantityText, Ratio } from '../domain/units.ts';
import { FaultSpec } from '../faults/index.ts';

import { ProviderSpec } from '../probes/index.ts';
import { RemedySpec } from '../remedies/index.ts';
import { TargetSpec } from '../targets/index.ts';
import { misfits } from './fits.ts';

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

const metaOf = (schema: z.ZodType): Record<string, unknown> => z.globalRegistry.get(schema) ?? {};

/** Examples of the texts that are parsed to numbers, by the pattern that tells which they are. */
const examplesOf = new Map([Duration, Ratio, QuantityText].map((schema) => [metaOf(schema)['pattern'], metaOf(schema)['examples']]));

/** JSON Schema of the experiment file, for editors (draft 7: what they all understand). */
export const experimentJsonSchema = (): object =>
  z.toJSONSchema(ExperimentDocument, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    // Of what is parsed to another type zod leaves out examples, and the default, because the one that it knows is the parsed one.
    override: ({ zodSchema, jsonSchema }) => {
      const examples = examplesOf.get(jsonSchema.pattern);
      if (!examples) return;
      const { def } = zodSchema._zod;
      const isDuration = jsonSchema.pattern === metaOf(Duration)['pattern'];
      if (isDuration && def.type === 'default' && typeof def.defaultValue === 'number')
        jsonSchema.default = formatDuration(def.defaultValue);
      jsonSchema.examples = examples as unknown[];
    },
  });
