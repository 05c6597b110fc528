import { lookAhead, type Outlook } from '../domain/comparison/plan-ahead.ts';
import { REHEARSAL } from '../domain/order.ts';
import { resolveWaves, type Plan } from '../domain/plan.ts';
import type { Records, RecordedSample } from '../records/ports.ts';

/** What `plan` says of one comparison in one wave. */
export interface ComparisonOutlook {
  wave: string;
  probe: string;
  outlook: Outlook;
  /** The run whose noise it was reckoned with. */
  from?: string;
}

/** Runs that are looked through for one of the same experiment. */
const LOOK_BACK = 200;

function undisturbed(samples: readonly RecordedSample[]): number[][] {
  const places = new Map<string, number[]>();
  for (const { phase, wave, iteration, measurement } of samples) {
    if (phase !== 'baseline' || measurement.kind !== 'value') continue;
    const key = JSON.stringify([wave, iteration]);
    places.set(key, [...(places.get(key) ?? []), measurement.value]);
  }
  return [...places.values()];
}

/** How many iterations each comparison needs, from the noise of the newest recorded run of the same experiment that measured the signal. */
export async function outlooks({ experiment }: Plan, records: Pick<Records, 'listRuns' | 'samples'>): Promise<ComparisonOutlook[]> {
  const waves = resolveWaves(experiment).filter(({ dryRun, fault }) => !dryRun && fault.kind !== REHEARSAL);
  const { name, service, environment } = experiment.metadata;
  const runs = (await records.listRuns({ limit: LOOK_BACK, service, environment })).filter((run) => run.name === name);
  const found = await Promise.all(
    experiment.comparisons.map(async (rule) => {
      for (const { workflowId } of runs.slice(0, 5)) {
        const noise = undisturbed(await records.samples(workflowId, { probe: rule.probe, phase: 'baseline' }));
        if (noise.length > 0) return { rule, noise, from: workflowId };
      }
      return { rule, noise: [] };
    }),
  );
  return found.flatMap(({ rule, noise, from }) =>
    waves.map((wave): ComparisonOutlook => {
      const place = { wave: wave.name, probe: rule.probe };
      if (from === undefined)
        return {
          ...place,
          outlook: {
            kind: 'unknown',
            why: 'no run of this experiment has its samples in the records; a rehearsal (fault: { kind: no-op }) shows the noise',
          },
        };
      const everyMs = experiment.probes[rule.probe]?.every ?? 1_000;
      return { ...place, from, outlook: lookAhead(rule, noise, wave, everyMs, waves.length) };
    }),
  );
}
