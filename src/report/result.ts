import * as z from 'zod';
import type { Injection } from '../domain/order.ts';
import type { Recovery } from '../domain/verdict.ts';

const list = <T extends z.ZodType>(item: T) => z.array(item).default([]).catch([]);

/** What a report reads of a run's recorded result (`RunResult` in the domain). Loose, like the recorded experiment. */
const Recorded = z.object({
  rule: z.string().optional().catch(undefined),
  leftovers: list(z.string()),
  victims: list(
    z.object({
      wave: z.string(),
      iteration: z.number(),
      id: z.string(),
      name: z.string(),
      injection: z.custom<Injection>((value) => typeof value === 'object' && value !== null).optional(),
      undone: z.string().optional(),
    }),
  ),
  iterations: list(
    z.object({
      wave: z.string(),
      iteration: z.number(),
      dryRun: z.boolean().default(false),
      outcome: z.string(),
      recovery: z.custom<Recovery>((value) => typeof value === 'object' && value !== null && 'kind' in value).optional(),
    }),
  ),
  stopLatencyMs: z.number().optional().catch(undefined),
  recordsIncomplete: z.boolean().default(false).catch(false),
});

export type RecordedResult = z.infer<typeof Recorded>;
const nothing: RecordedResult = { leftovers: [], victims: [], iterations: [], recordsIncomplete: false };

/** Reads what it can; never throws. A run that is still going on has no result. */
export function readResult(result: unknown): RecordedResult {
  const parsed = Recorded.safeParse(result);
  return parsed.success ? parsed.data : nothing;
}
