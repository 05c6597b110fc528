import type { PlanResult } from '../client.ts';
import type { Preview, WavePreview } from '../activities/preview.ts';
import { describeRules, dropTolerance } from '../domain/approval.ts';
import { describeOutlook } from '../domain/comparison/plan-ahead.ts';
import { resolveWaves, type Plan, type WavePlan } from '../domain/plan.ts';
import { percent } from '../domain/percent.ts';
import { duration, quantity } from '../report/format.ts';
import { accessLines } from './access-view.ts';
import { trafficLines } from './traffic-view.ts';
import type { ComparisonOutlook } from './outlook.ts';
import { plainText } from './plain-text.ts';
import { facts } from './table.ts';
import { worthLines, type Reserved } from './worth-view.ts';
import type { Terminal } from './terminal.ts';

type Paint = Terminal['paint'];
type ValidPlan = Extract<PlanResult, { valid: true }>;

/** Most names in one list. */
const MOST_NAMED = 20;

function gateLine({ gates }: ValidPlan, paint: Paint): string {
  return gates.open ? paint('green', 'open now') : `${paint('red', 'closed')}: ${gates.rule}: ${plainText(gates.reason)}`;
}

/** Which rules were asked, so that a person sees when there are only the guardrails. */
function policyLine({ gates: { policy } }: ValidPlan): string | undefined {
  if (!policy) return undefined;
  const { evaluated, fromFiles, bundle, policyDigest } = policy;
  const which =
    fromFiles === undefined ? 'guardrails only: the worker has no BREAKWATER_POLICY' : `guardrails and ${fromFiles} rules from files`;
  const rego = bundle === undefined ? '' : `, Rego bundle ${bundle.slice(0, 12)}`;
  return `${which}${rego}, ${evaluated} asked, digest ${policyDigest.slice(0, 12)}`;
}

/** What the change request says now; nothing where none is asked about. */
function changeLines({ gates: { change } }: ValidPlan, paint: Paint): string[] {
  if (!change) return [];
  const said = change.allowed ? paint('green', 'allowed') : paint('red', 'not allowed');
  return [`Ticket      ${said}: ${plainText(change.reason)} (${plainText(change.system)})`];
}

function times(wave: WavePlan): string {
  const parts = [`baseline ${duration(wave.baselineMs)}`];
  if (!wave.dryRun)
    parts.push(
      `hold ${duration(wave.holdMs)}`,
      `recover within ${duration(wave.recoverWithinMs)}`,
      `cool down ${duration(wave.coolDownMs)}`,
    );
  return parts.join(', ');
}

function victimLines({ choice, populationSize, protectedTargets, refusal }: WavePreview, paint: Paint): string[] {
  const shown = choice.victims.slice(0, MOST_NAMED).map(({ name }) => `     ${paint('cyan', 'would hit')}  ${plainText(name)}`);
  const hidden = choice.victims.length - shown.length;
  return [
    `     ${choice.victims.length} of ${populationSize} found, ${choice.wanted} asked for`,
    ...shown,
    ...(hidden > 0 ? [`     … and ${hidden} more`] : []),
    ...(choice.victims.length === 0 ? [`     ${paint('yellow', 'nobody to hit: the run would end here')}`] : []),
    ...(refusal === undefined ? [] : [`     ${paint('yellow', `the wave would be denied: ${plainText(refusal)}`)}`]),
    ...choice.reductions.map((why) => `     fewer, because ${plainText(why)}`),
    ...protectedTargets.map(({ target, why }) => `     can't hit  ${plainText(target.name)}: ${plainText(why)}`),
  ];
}

function waveLines(plan: Plan, preview: Preview | undefined, paint: Paint): string[] {
  return resolveWaves(plan.experiment).flatMap((wave, i) => {
    const seen = preview?.waves.find(({ wave: name }) => name === wave.name);
    const kind = wave.dryRun
      ? 'dry run, touches nothing'
      : `${plainText(wave.fault.kind)}, ${plan.reversible[wave.fault.kind] ? 'undone afterwards' : 'instantaneous'}`;
    const often = wave.iterations > 1 ? `, ${wave.iterations} times` : '';
    const gate = wave.gate === 'approval' ? ', waits for approval' : '';
    return [
      `  ${i + 1}. ${paint('bold', wave.name)}  ${kind}${often}${gate}`,
      `     ${times(wave)}`,
      ...(seen ? victimLines(seen, paint) : []),
    ];
  });
}

function answerLines({ answers }: Preview, plan: Plan, paint: Paint): string[] {
  const names = Object.keys(answers).sort();
  const wide = Math.max(0, ...names.map((name) => name.length));
  return names.map((name) => {
    const answer = answers[name];
    const said =
      answer?.kind === 'value'
        ? quantity(answer.value, plainText(plan.experiment.probes[name]?.unit ?? ''))
        : paint('yellow', `${answer?.kind === 'error' ? 'failed' : 'no data'}: ${plainText(answer?.reason ?? '')}`);
    return `  ${plainText(name).padEnd(wide)}  ${said}`;
  });
}

/** How far the planned iterations can answer the comparisons. */
export const outlookLines = (comparisons: readonly ComparisonOutlook[], paint: Paint): string[] =>
  comparisons.length === 0
    ? []
    : [
        '',
        'Comparisons',
        ...comparisons.map(({ wave, probe, outlook, from }) => {
          const words = plainText(describeOutlook(outlook));
          return `  ${plainText(probe)}, wave ${wave}: ${outlook.kind === 'enough' ? words : paint('yellow', words)}${from === undefined ? '' : ` (noise of ${from})`}`;
        }),
      ];

function approvalLine({ experiment }: Plan): string {
  const { required, within } = experiment.approvals;
  const isAsked = required > 0 || experiment.waves.some(({ gate }) => gate === 'approval');
  const mayDropBy = dropTolerance(experiment);
  const who = required === 0 ? 'none needed before the first wave' : `${required} within ${duration(within)}`;
  if (!isAsked) return 'none needed';
  return mayDropBy === undefined ? who : `${who}; void when more than ${percent(mayDropBy)} of the targets have gone since`;
}

/** A plan for people: what would be hit, under which gates, and what the probes say now. */
export function planLines(result: ValidPlan, paint: Paint, reserved?: Reserved): string[] {
  const { plan, preview, approvals } = result;
  const { metadata, hypothesis, site } = plan.experiment;
  const seen = 'unavailable' in preview ? undefined : preview;
  return [
    paint('bold', `${metadata.name} in ${metadata.environment}`),
    ...facts([
      ['Hypothesis', hypothesis],
      ['Service', `${metadata.service}, owned by ${metadata.owner}`],
      ['Site', site],
      ['Digest', plan.digest],
      ['Seed', String(plan.seed)],
      ['Time scale', plan.timeScale === 1 ? 'real time' : `${plan.timeScale}: every policy duration is multiplied by this`],
      ['Policy', policyLine(result)],
      ['Approvals', approvalLine(plan)],
      ['Of them', approvals && describeRules(approvals)],
    ]),
    `Gates       ${gateLine(result, paint)}`,
    ...changeLines(result, paint),
    '',
    'Waves',
    ...waveLines(plan, seen, paint),
    ...trafficLines(plan.experiment.traffic, seen?.traffic, paint),
    ...worthLines(result, reserved, paint),
    ...accessLines(seen?.access, metadata.name, paint),
    '',
    'Probes now',
    ...(seen
      ? answerLines(seen, plan, paint)
      : [`  ${paint('yellow', `site ${site} did not answer: ${plainText('unavailable' in preview ? preview.unavailable : '')}`)}`]),
  ];
}
