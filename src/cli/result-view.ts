import type { RunResult } from '../domain/run.ts';
import type { Verdict } from '../domain/verdict.ts';
import { duration, place } from '../report/format.ts';
import { plainText } from './plain-text.ts';
import { facts, table } from './table.ts';
import type { Colour, Terminal } from './terminal.ts';

const COLOURS: Record<Verdict, Colour> = {
  passed: 'green',
  failed: 'red',
  aborted: 'yellow',
  void: 'yellow',
  denied: 'yellow',
  error: 'red',
  inconclusive: 'yellow',
  invalid: 'yellow',
};

/** A verdict in its colour; a run without one is still going on. */
export const verdictText = (verdict: Verdict | undefined, paint: Terminal['paint']): string =>
  verdict === undefined ? paint('cyan', 'running') : paint(COLOURS[verdict], verdict);

function victimRows({ victims }: Pick<RunResult, 'victims'>): string[][] {
  return victims.map(({ wave, iteration, name, injection, undone }) => {
    const outcome = injection === undefined ? 'not touched' : injection.outcome;
    return [place(wave, iteration), name, outcome, injection?.effect.proven ? 'proven' : 'not proven', undone ?? ''];
  });
}

/** A result for people: verdict, reason, leftovers, iterations, victims. */
export function resultLines(result: RunResult, paint: Terminal['paint']): string[] {
  const { workflowId, verdict, rule, reason, leftovers, iterations, victims, stopLatencyMs, recordsIncomplete } = result;
  const loud = leftovers.map((what) => paint('red', `COULD NOT BE UNDONE, a person must look: ${plainText(what)}`));
  const head = facts([
    ['Run', workflowId],
    ['Rule', rule],
    ['Reason', reason],
    ['Stopped', stopLatencyMs === undefined ? undefined : `everything undone ${duration(stopLatencyMs)} after the breach was seen`],
    ['Records', recordsIncomplete ? 'incomplete: the database did not take everything; the history has it' : undefined],
  ]);
  const recovered = ({ recovery }: RunResult['iterations'][number]): string =>
    recovery?.kind === 'recovered' ? duration(recovery.inMs) : (recovery?.kind ?? '');
  const waves = table(
    ['WAVE', 'DRY RUN', 'OUTCOME', 'RECOVERED IN'],
    iterations.map((each) => [place(each.wave, each.iteration), each.dryRun ? 'yes' : 'no', each.outcome, recovered(each)]),
  );
  const hit = table(['WAVE', 'VICTIM', 'OUTCOME', 'EFFECT', 'UNDONE'], victimRows({ victims }), 48);
  return [
    `Verdict  ${verdictText(verdict, paint)}`,
    ...loud,
    ...head,
    ...(iterations.length > 0 ? ['', ...waves] : []),
    ...(victims.length > 0 ? ['', ...hit] : []),
  ];
}
