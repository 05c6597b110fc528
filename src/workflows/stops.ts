import type { Halt } from '../domain/run.ts';
import type { RunContext } from './context.ts';

/** A halt stops the run in any phase, as an abort does; signals come from anywhere, so nothing about it is taken for granted. */
export function takeHalt({ state, facts, chronicle, chaos }: RunContext, halt: Partial<Halt> | undefined): void {
  if (state.phase === 'closing' || state.phase === 'closed') return;
  const isIncident = halt?.kind === 'incident' && facts.incident === undefined;
  if (state.aborted && !isIncident) return;
  const [by, reason] = [halt?.by, halt?.reason].map((text) => (typeof text === 'string' ? text.slice(0, 500) : 'not said'));
  const stop = { by: by ?? 'not said', reason: reason ?? 'not said' };
  if (isIncident) facts.incident = `an incident outside of the experiment: ${reason}`;
  chronicle.add(isIncident ? 'incident' : 'halt', stop);
  if (state.aborted) return; // it is stopping already, and what is seen of its recovery does not count
  state.aborted = stop;
  state.stopSeenMs ??= Date.now();
  chaos.cancel();
}

/** A cancellation by Temporal, such as the button in its Web, is an abort by somebody without a name. */
export function noteCancellation({ state, chronicle }: RunContext): void {
  if (state.aborted || state.phase === 'closing' || state.phase === 'closed') return;
  state.aborted = { by: 'Temporal', reason: 'the workflow was cancelled' };
  state.stopSeenMs ??= Date.now();
  chronicle.add('abort', { ...state.aborted });
}
