import type { ComparisonInput } from '../activities/comparisons.ts';
import { unjudged, type Judgement } from '../domain/comparison/judgement.ts';
import { REHEARSAL } from '../domain/order.ts';
import { resolveWaves, type WavePlan } from '../domain/plan.ts';
import type { AdmittedRun, Place } from './context.ts';
import { reasonOf } from './failure.ts';
import { comparing } from './proxies.ts';

const isReal = ({ dryRun, fault }: WavePlan): boolean => !dryRun && fault.kind !== REHEARSAL;

/**
 * Judges the wave's comparisons after an iteration, from the records. What cannot be judged is undecided: no data is no pass.
 * A plan from before comparisons has none, so that its history has no such step.
 * @returns whether all of them have shown that no relevant harm is done
 */
export async function compare(run: AdmittedRun, wave: WavePlan, place: Place): Promise<boolean> {
  const { experiment, seed } = run.plan;
  const comparisons = (experiment.comparisons as typeof experiment.comparisons | undefined) ?? [];
  const mine = run.facts.iterations.filter((one) => one.wave === wave.name && one.interruptedBy === undefined);
  if (comparisons.length === 0 || !isReal(wave) || run.facts.breach || mine.at(-1)?.iteration !== place.iteration) return false;
  const waves = resolveWaves(experiment).filter(isReal).length;
  const look = { wave: wave.name, taken: mine.length, planned: wave.iterations, waves, seed };
  const input: ComparisonInput = { workflowId: run.state.workflowId, comparisons, look, spans: spansOf(run) };
  const judgements = await comparing
    .judgeComparisons(input)
    .catch((cause: unknown): Judgement[] =>
      comparisons.map((rule) => unjudged(rule, look, `the samples could not be read: ${reasonOf(cause)}`)),
    );
  run.facts.comparisons = [...(run.facts.comparisons ?? []).filter((old) => old.wave !== wave.name), ...judgements];
  for (const judgement of judgements) run.chronicle.add('compared', { ...judgement }, place);
  return judgements.every(({ outcome }) => outcome === 'holds');
}

const spansOf = ({ facts }: AdmittedRun): ComparisonInput['spans'] =>
  facts.iterations.flatMap(({ wave, iteration, rehearsal = false, injections, interruptedBy }) => {
    const times = interruptedBy !== undefined ? [] : injections.filter(({ outcome }) => outcome === 'injected').map(({ atMs }) => atMs);
    return times.length > 0 ? [{ wave, iteration, rehearsal, fromMs: Math.min(...times) }] : [];
  });
