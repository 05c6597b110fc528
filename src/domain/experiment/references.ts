import type * as z from 'zod';
import { FENCE, REHEARSAL, type Spec } from '../order.ts';
import { percent } from '../percent.ts';
import { isSame } from '../same.ts';
import { isWithin } from '../traffic/rules.ts';
import type { Experiment } from './experiment.ts';

type Issue = z.core.$ZodRawIssue;
type Path = (string | number)[];

/**
 * Marked as a reference, so that the language can tell it from what a single field says.
 * @param options the names that would have been right, for a suggestion
 */
const issue = (path: Path, input: unknown, message: string, options: readonly string[] = []): Issue => ({
  code: 'custom',
  path,
  input,
  message,
  params: { options, isReference: true },
});

/** The names of all signals: the probes and what each SLO yields. */
export const signalNames = (experiment: Pick<Experiment, 'probes' | 'slo'>): string[] => [
  ...Object.keys(experiment.probes),
  ...Object.keys(experiment.slo).flatMap((name) => [`${name}.budget-remaining`, `${name}.burn-rate`]),
];

function unknownSignals(experiment: Experiment): Issue[] {
  const known = signalNames(experiment);
  const used: [Path, string][] = [
    ...experiment.steadyState.map(({ probe }, i): [Path, string] => [['steadyState', i, 'probe'], probe]),
    ...(experiment.business ? [[['business', 'completed'], experiment.business.completed] as [Path, string]] : []),
    ...experiment.comparisons.flatMap(({ probe, control }, i): [Path, string][] => [
      [['comparisons', i, 'probe'], probe],
      ...(control === undefined ? [] : [[['comparisons', i, 'control'], control] as [Path, string]]),
    ]),
    ...experiment.preconditions.map(({ probe }, i): [Path, string] => [['preconditions', i, 'probe'], probe]),
    ...experiment.stopConditions.map(({ probe }, i): [Path, string] => [['stopConditions', i, 'probe'], probe]),
    ...experiment.remediation.map(({ when }, i): [Path, string] => [['remediation', i, 'when', 'probe'], when.probe]),
    ...Object.entries(experiment.runbooks).flatMap(([name, { steps }]) =>
      steps.flatMap(({ verify }, i): [Path, string][] =>
        verify ? [[['runbooks', name, 'steps', i, 'verify', 'probe'], verify.probe]] : [],
      ),
    ),
  ];
  return used
    .filter(([, name]) => !known.includes(name))
    .map(([path, name]) => issue(path, name, `no such probe; there are ${known.join(', ') || 'none'}`, known));
}

function unknownRunbooks(experiment: Experiment): Issue[] {
  const known = Object.keys(experiment.runbooks);
  const used: [Path, string][] = [
    ...experiment.rollbacks.map((name, i): [Path, string] => [['rollbacks', i], name]),
    ...experiment.remediation.map(({ runbook }, i): [Path, string] => [['remediation', i, 'runbook'], runbook]),
  ];
  return used
    .filter(([, name]) => !known.includes(name))
    .map(([path, name]) => issue(path, name, `no such runbook; there are ${known.join(', ') || 'none'}`, known));
}

function waveRules(experiment: Experiment): Issue[] {
  const { waves, blastRadius, selection } = experiment;
  const issues: Issue[] = [];
  if (!waves[0]?.dryRun)
    issues.push(issue(['waves', 0, 'dryRun'], waves[0]?.dryRun, 'the first wave must be a dry run: write `dryRun: true`'));
  waves.forEach((wave, i) => {
    if (waves.findIndex(({ name }) => name === wave.name) !== i)
      issues.push(issue(['waves', i, 'name'], wave.name, 'another wave has this name'));
    const chosen = wave.selection ?? selection;
    const atOnce = typeof chosen === 'object' && 'count' in chosen ? chosen.count : 0;
    if (atOnce > blastRadius.maxConcurrent)
      issues.push(
        issue(
          ['waves', i],
          atOnce,
          `this wave asks for ${atOnce} victims at once; blastRadius.maxConcurrent is ${blastRadius.maxConcurrent}`,
        ),
      );
    const wanted = atOnce * wave.iterations;
    if (wanted > blastRadius.maxVictims)
      issues.push(issue(['waves', i], wanted, `this wave asks for ${wanted} victims; blastRadius.maxVictims is ${blastRadius.maxVictims}`));
  });
  return issues;
}

/** A signal that is asked less often than it must move would always seem to stand still. */
function motionRules({ probes, slo }: Experiment): Issue[] {
  const all = [
    ...Object.entries(probes).map((entry) => ['probes', ...entry] as const),
    ...Object.entries(slo).map((entry) => ['slo', ...entry] as const),
  ];
  return all.flatMap(([block, name, { every, mustMoveWithin }]) =>
    mustMoveWithin !== undefined && mustMoveWithin < 2 * every
      ? [
          issue(
            [block, name, 'mustMoveWithin'],
            mustMoveWithin,
            `expected at least twice the sampling interval, which is ${every / 1_000} s`,
          ),
        ]
      : [],
  );
}

function baselineRules({ stopConditions }: Experiment): Issue[] {
  return stopConditions.flatMap((condition, i) =>
    condition.minDelta !== undefined && condition.aboveBaseline === undefined && condition.belowBaseline === undefined
      ? [issue(['stopConditions', i, 'minDelta'], condition.minDelta, 'only makes sense with aboveBaseline or belowBaseline')]
      : [],
  );
}

function incidentRules({ stopConditions }: Experiment): Issue[] {
  return stopConditions.flatMap(({ incident, consecutiveErrors }, i) =>
    incident && consecutiveErrors !== undefined
      ? [issue(['stopConditions', i, 'incident'], incident, 'a probe that fails tells of no incident; write above or below')]
      : [],
  );
}

/** Evidence is earned by what came before: by an earlier wave that does something. Whoever does nothing needs none, and costs nothing. */
function evidenceRules({ waves, fault, slo }: Experiment): Issue[] {
  const isReal = ({ dryRun, fault: own }: Experiment['waves'][number]): boolean => !dryRun && (own ?? fault).kind !== REHEARSAL;
  return waves.flatMap((wave, i) => {
    const earlier = waves
      .slice(0, i)
      .filter(isReal)
      .map(({ name }) => name);
    const issues: Issue[] = [];
    for (const key of ['requires', 'budget'] as const)
      if (wave[key] && !isReal(wave)) issues.push(issue(['waves', i, key], wave.name, 'this wave does nothing to anybody: leave it out'));
    if (wave.requires && isReal(wave) && !earlier.includes(wave.requires.wave))
      issues.push(
        issue(
          ['waves', i, 'requires', 'wave'],
          wave.requires.wave,
          `expected an earlier wave that acts; there are ${earlier.join(', ') || 'none'}`,
          earlier,
        ),
      );
    const budgets = Object.keys(slo);
    if (wave.budget && !budgets.includes(wave.budget.slo))
      issues.push(issue(['waves', i, 'budget', 'slo'], wave.budget.slo, `no such slo; there are ${budgets.join(', ') || 'none'}`, budgets));
    return issues;
  });
}

/** A rehearsal must be over before what is compared with it; a signal is not its own control. */
function comparisonRules({ comparisons, waves, fault }: Experiment): Issue[] {
  const isRehearsal = waves.map((wave) => !wave.dryRun && (wave.fault ?? fault).kind === REHEARSAL);
  const isFirst = isRehearsal.indexOf(true) >= 0 && isRehearsal.indexOf(true) === waves.findIndex(({ dryRun }) => !dryRun);
  return comparisons.flatMap(({ design, probe, control }, i) => {
    if (design === 'rehearsal' && !isFirst)
      return [
        issue(
          ['comparisons', i, 'design'],
          design,
          `needs a first wave to compare with: add one with \`fault: { kind: ${REHEARSAL} }\` after the dry run`,
        ),
      ];
    return control === probe ? [issue(['comparisons', i, 'control'], control, 'the signal would be compared with itself')] : [];
  });
}

/** The fault that acts against a disruption budget, and how it says so. */
const isViolating = ({ kind, mode }: Spec): boolean => kind === 'pod-evict' && mode === 'violate';

/** Whoever disrupts more than a budget allows has been told to by a person: for the run, or at the gate of the wave. */
function violationRules({ fault, waves, approvals }: Experiment): Issue[] {
  if (approvals.required > 0) return [];
  return waves.flatMap((wave, i) => {
    if (wave.dryRun || wave.gate === 'approval' || !isViolating(wave.fault ?? fault)) return [];
    const path: Path = wave.fault ? ['waves', i, 'fault', 'mode'] : ['fault', 'mode'];
    const message = `wave ${wave.name} would violate disruption budgets without an approval: write \`approvals: { required: 1 }\`, or \`gate: approval\` on the wave`;
    return [issue(path, 'violate', message)];
  });
}

/** Whoever shifts traffic as the fault cannot hold it still as well. */
function fenceRules({ traffic, fault, waves }: Experiment): Issue[] {
  const shifts = traffic?.set !== undefined && waves.some((wave) => !wave.dryRun && (wave.fault ?? fault).kind === FENCE);
  return shifts ? [issue(['traffic', 'set'], traffic?.set, `the fault ${FENCE} sets the share itself: leave this out`)] : [];
}

/** Whoever caps the canary does not give it more: one such wave, and the run's own cap would keep its next from beginning. */
function capRules({ traffic, fault, waves }: Experiment): Issue[] {
  if (!traffic) return [];
  const issues = waves.flatMap((wave, i): Issue[] => {
    const { kind, route, share } = wave.fault ?? fault;
    const isSameRoute = kind === FENCE && isSame(route, traffic.route);
    if (wave.dryRun || !isSameRoute || typeof share !== 'number' || isWithin(share, traffic.maxShare)) return [];
    const path: Path = wave.fault ? ['waves', i, 'fault', 'share'] : ['fault', 'share'];
    return [issue(path, percent(share), `expected at most traffic.maxShare of this route, which is ${percent(traffic.maxShare)}`)];
  });
  return issues.filter(({ path }, i) => issues.findIndex((other) => isSame(other.path, path)) === i);
}

/** What no single field can tell: names that lead nowhere, waves that contradict the caps. */
export const checkReferences = (experiment: Experiment): Issue[] => [
  ...unknownSignals(experiment),
  ...unknownRunbooks(experiment),
  ...waveRules(experiment),
  ...baselineRules(experiment),
  ...motionRules(experiment),
  ...incidentRules(experiment),
  ...comparisonRules(experiment),
  ...evidenceRules(experiment),
  ...violationRules(experiment),
  ...fenceRules(experiment),
  ...capRules(experiment),
];
