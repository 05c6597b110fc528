import { businessMeasures } from './business.ts';
import { duration, quantity, utc } from './format.ts';
import { impacts, recoveryMeasure } from './measures.ts';
import type { RunReport } from './model.ts';
import { readExperiment } from './experiment.ts';
import { readResult } from './result.ts';
import { stopLatencyMs } from './run-facts.ts';

/** One thing as it was when the finding was seen last, and as it is since the change. Undefined: there is no such run yet, or it did not come so far. */
export interface BeforeAfter {
  what: string;
  before?: string;
  after?: string;
}

type Facts = Map<string, string>;

function factsOf(report: RunReport): Facts {
  const { run, events } = report;
  const { rule, iterations, victims } = readResult(run.result);
  const { probes } = readExperiment(run.experiment);
  const recovery = recoveryMeasure(report);
  const slowest = recovery?.times?.max;
  const latency = stopLatencyMs(report);
  const lost = businessMeasures(report).reduce((sum, { impact }) => sum + impact.lost, 0);
  const entries: [string, string | undefined][] = [
    ['Run', run.workflowId],
    ['Started', utc(run.startedAtMs)],
    ['Verdict', run.verdict],
    ['Rule', rule],
    ['Reason', run.reason],
    ['Victims', String(victims.filter(({ injection }) => injection?.outcome === 'injected').length)],
    [
      'Iterations held',
      `${iterations.filter(({ outcome }) => outcome === 'held').length} of ${iterations.filter(({ dryRun }) => !dryRun).length}`,
    ],
    ['Recovered in time', recovery && `${recovery.recovered} of ${recovery.of}`],
    ['Slowest recovery', slowest === undefined ? undefined : duration(slowest)],
    ['Stop → undone', latency === undefined ? undefined : duration(latency)],
    ['Transactions lost', businessMeasures(report).length > 0 ? quantity(lost) : undefined],
    ...events
      .filter(({ kind, wave }) => kind === 'wave-judged' && wave !== undefined)
      .map(({ wave = '', data }): [string, string] => [`Wave ${wave}`, typeof data.verdict === 'string' ? data.verdict : '']),
    ...impacts(report).map(({ wave, probe, baseline, fault }): [string, string] => {
      const unit = Object.hasOwn(probes, probe) ? (probes[probe]?.unit ?? '') : '';
      return [`${probe} in ${wave}`, `${quantity(baseline)} → ${quantity(fault, unit)}`];
    }),
  ];
  return new Map(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** Two runs of the same plan and seed side by side: the one that showed the finding, and the one that passed after the change. */
export function beforeAfter(before: RunReport, after: RunReport | undefined): BeforeAfter[] {
  const [old, fresh] = [factsOf(before), after ? factsOf(after) : new Map<string, string>()];
  return [...new Set([...old.keys(), ...fresh.keys()])].map((what) => {
    const [was, is] = [old.get(what), fresh.get(what)];
    return { what, ...(was !== undefined && { before: was }), ...(is !== undefined && { after: is }) };
  });
}
