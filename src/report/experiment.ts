import * as z from 'zod';

const limits = { above: z.number().optional(), below: z.number().optional() };
const tolerance = z.object({
  ...limits,
  atMost: z.number().optional(),
  atLeast: z.number().optional(),
  between: z.tuple([z.number(), z.number()]).optional(),
  equals: z.number().optional(),
});

/**
 * What a report reads of a recorded experiment. Loose on purpose: a record outlives the language that it was written in,
 * and what can't be read is left out of the report instead of preventing it.
 */
const Recorded = z.object({
  hypothesis: z.string().default('').catch(''),
  probes: z
    .record(z.string(), z.object({ unit: z.string().default('') }).catch({ unit: '' }))
    .default({})
    .catch({}),
  steadyState: z
    .array(z.object({ probe: z.string(), tolerance }))
    .default([])
    .catch([]),
  stopConditions: z
    .array(
      z.object({
        probe: z.string(),
        ...limits,
        aboveBaseline: z.number().optional(),
        belowBaseline: z.number().optional(),
        minDelta: z.number().default(0),
      }),
    )
    .default([])
    .catch([]),
});

export type RecordedExperiment = z.infer<typeof Recorded>;

/** Reads what it can; never throws. */
export const readExperiment = (experiment: unknown): RecordedExperiment => {
  const parsed = Recorded.safeParse(experiment);
  return parsed.success ? parsed.data : { hypothesis: '', probes: {}, steadyState: [], stopConditions: [] };
};
