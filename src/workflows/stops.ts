import type { Halt } from '../domain/run.ts';
import type { RunContext } from './context.ts';

/** A halt stops the run in any phase, as an abort does; signals come from anywhere, so nothing about it is taken for granted. */
export function takeHalt({ state, facts, chronicle, chaos }: RunContext, halt: Partial<Halt> | undefined): void {
  if (state.aborted || state.phase === 'closing' || state.phase === 'closed') return;
  const [by, reason] = [halt?.by, halt?.reason].map((text) => (typeof text === 'string' ? text.slice(0, 500) : 'not said'));
  state.aborted = { by: by ?? 'not said', reason: reason ?? 'not said' };
  state.stopSeenMs ??= Date.now();
  if (halt?.kind === 'incident') facts.incident = `an incident outside of the experiment: ${reason}`;
  chronicle.add(halt?.kind === 'incident' ? 'incident' : 'halt', { ...state.aborted });
  chaos.cancel();
}

/** A cancellation by Temporal, such as the button in its Web, is an abort by somebody without a name. */
export function noteCancellation({ state, chronicle }: RunContext): void {
  if (state.aborted || state.phase === 'closing' || state.phase === 'closed') return;
  state.aborted = { by: 'Temporal', reason: 'the workflow was cancelled' };
  state.stopSeenMs ??= Date.now();
  chronicle.add('abort', { ...state.aborted });
}
