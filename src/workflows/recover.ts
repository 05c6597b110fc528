import { executeChild, workflowInfo } from '@temporalio/workflow';
import type { RemediationTrigger } from '../domain/experiment/conditions.ts';
import type { RecoveryRules } from '../domain/recovery.ts';
import { returnTimes, type Returns } from '../domain/returns.ts';
import type { WavePlan } from '../domain/plan.ts';
import type { Recovery } from '../domain/verdict.ts';
import { expectsReturn, hitIn, wasHit } from './comeback.ts';
import { enter, type AdmittedRun, type Place } from './context.ts';
import { reasonOf } from './failure.ts';
import { watching } from './proxies.ts';
import { runbook } from './runbook.ts';

/** What tells of an incident by a limit of its own. One that compares with the baseline is for the guard, which knows it. */
const incidentTriggers = ({ plan }: AdmittedRun): RemediationTrigger[] =>
  plan.experiment.stopConditions.flatMap(({ incident, probe, above, below, for: forMs }) =>
    incident && (above ?? below) !== undefined
      ? [{ probe, for: forMs, ...(above !== undefined && { above }), ...(below !== undefined && { below }) }]
      : [],
  );

/**
 * Waits until steady state is back, and as many of the targets as when the run began are ready, with the runbooks that the experiment names:
 * `rollbacks` after a stop, `remediation` when recovery calls for it. A runbook gives recovery another `recoverWithin`; whether it came too late is for the verdict.
 */
export async function recover(run: AdmittedRun, wave: WavePlan, place: Place): Promise<Recovery> {
  const { experiment } = run.plan;
  const startedMs = Date.now();
  const helpedBy: string[] = [];
  const help = async (name: string, why: string): Promise<void> => {
    helpedBy.push(name);
    await runRunbook(run, name, why, place);
  };
  if (run.facts.breach ?? run.state.aborted) for (const name of experiment.rollbacks) await help(name, 'rollback after a stop');
  enter(run, 'recovering', place);
  const { targets, site } = experiment;
  const hit = hitIn(run, place);
  let returns: Returns | undefined;
  const population =
    expectsReturn(run) && wasHit(run, place) && run.headcount
      ? { targets, site, ready: run.headcount.ready, ...(hit && { hit }) }
      : undefined;
  let waiting = experiment.remediation;
  let incidents = incidentTriggers(run);
  let deadlineMs = Date.now() + wave.recoverWithinMs + wave.stableForMs;
  for (;;) {
    const rules: RecoveryRules = {
      clauses: experiment.steadyState,
      triggers: [...waiting.map(({ when }) => when), ...incidents],
      stableForMs: wave.stableForMs,
    };
    const { awaitRecovery } = watching(experiment.site, wave.recoverWithinMs + wave.stableForMs, 'recovery: until steady state holds');
    const input = {
      experiment: { probes: experiment.probes, slo: experiment.slo, guard: experiment.guard },
      place: { workflowId: run.state.workflowId, ...place, phase: 'recovery' as const },
      rules,
      deadlineMs,
      ...(population && { population: { ...population, ...(returns && { returns }) } }),
    };
    const seen = await awaitRecovery(input).catch((cause: unknown) => ({ kind: 'lost' as const, reason: reasonOf(cause) }));
    if (seen.kind !== 'lost') returns = seen.returns ?? returns;
    if (seen.kind === 'triggered') {
      const called = waiting[seen.index];
      if (!called) {
        incidents = [];
        run.facts.incident ??= `an incident outside of the experiment: ${seen.rule}`;
        run.chronicle.add('incident', { rule: seen.rule }, place);
        continue;
      }
      waiting = waiting.filter((entry) => entry !== called);
      await help(called.runbook, seen.rule);
      deadlineMs = Date.now() + wave.recoverWithinMs + wave.stableForMs;
      continue;
    }
    const withinMs = wave.recoverWithinMs;
    const back = returns && hit && { returnsInMs: returnTimes(returns, hit) };
    const recovery: Recovery =
      seen.kind === 'recovered'
        ? { kind: 'recovered', inMs: Math.max(0, seen.sinceMs - startedMs), withinMs, helpedBy, ...back }
        : {
            kind: 'not-recovered',
            withinMs,
            helpedBy,
            ...back,
            outside: seen.kind === 'deadline' ? seen.outside : [{ probe: 'recovery', tolerance: seen.reason, worst: null, count: 0 }],
          };
    run.chronicle.add('recovery', { ...recovery }, place);
    return recovery;
  }
}

async function runRunbook(run: AdmittedRun, name: string, why: string, place: Place): Promise<void> {
  const book = run.plan.experiment.runbooks[name];
  if (!book) return;
  run.chronicle.add('runbook', { name, why, outcome: 'begun' }, place);
  const { probes, slo, guard, site, metadata } = run.plan.experiment;
  const { workflowId } = workflowInfo();
  const outcome = await executeChild(runbook, {
    workflowId: `${workflowId}.runbook.${name}.${place.wave}.${place.iteration}`,
    args: [
      {
        name,
        runbook: book,
        site,
        environment: metadata.environment,
        experiment: { probes, slo, guard },
        place: { workflowId, ...place, phase: 'recovery' },
      },
    ],
    staticSummary: `runbook ${name}: ${why}`.slice(0, 200),
    parentClosePolicy: 'ABANDON',
  }).catch((cause: unknown) => ({ stable: false, steps: [reasonOf(cause)] }));
  run.chronicle.add(
    'runbook',
    { name, outcome: outcome.stable ? 'stable' : 'not stable: a person must look', steps: outcome.steps },
    place,
  );
}
