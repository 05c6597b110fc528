import { allHandlersFinished, condition, upsertSearchAttributes } from '@temporalio/workflow';
import { resolveWaves, type Plan } from '../domain/plan.ts';
import type { RunResult } from '../domain/run.ts';
import { decide } from '../domain/verdict.ts';
import { waveVerdicts } from '../domain/wave-verdict.ts';
import { phaseAttribute, verdictAttribute } from './attributes.ts';
import { enter, type RunContext } from './context.ts';
import { pageForLeftovers } from './paging.ts';
import { closing } from './proxies.ts';
import { noteEnd } from './ticket.ts';
import { farewell } from './turn.ts';

/** Decides, records, answers. Runs whatever happened before. */
export async function close(run: RunContext & { plan?: Plan }): Promise<RunResult> {
  enter(run, 'closing');
  const { state, facts, chronicle } = run;
  const decision = decide(facts);
  state.decision = decision;
  if (run.plan)
    for (const verdict of waveVerdicts(facts, resolveWaves(run.plan.experiment)))
      chronicle.add('wave-judged', { ...verdict }, { wave: verdict.wave });
  chronicle.add('closed', {
    ...decision,
    leftovers: state.leftovers,
    ...(state.stopLatencyMs !== undefined && { stopLatencyMs: state.stopLatencyMs }),
  });
  upsertSearchAttributes([
    { key: phaseAttribute, value: 'closed' },
    { key: verdictAttribute, value: decision.verdict },
  ]);
  const { workflowId, leftovers, victims, iterations, stopSeenMs, stopLatencyMs } = state;
  const result: RunResult = {
    workflowId,
    ...decision,
    leftovers,
    victims,
    iterations,
    ...(stopSeenMs !== undefined && { stopSeenMs }),
    ...(stopLatencyMs !== undefined && { stopLatencyMs }),
    recordsIncomplete: false,
  };
  const paging = await pageForLeftovers(run);
  if (paging) result.paging = paging;
  if (chronicle.run && run.ledger.isUsed) {
    const { isWritten, head } = await chronicle.end(result, farewell(run, 'release'));
    result.recordsIncomplete = !isWritten;
    if (head) result.auditHead = head;
  } else if (chronicle.run) {
    const isWritten = await chronicle.finish();
    const isClosed = await closing.closeRun(result, Date.now()).then(
      () => true,
      () => false,
    );
    result.recordsIncomplete = !isWritten || !isClosed;
  }
  await noteEnd(run, result);
  enter(run, 'closed');
  await condition(allHandlersFinished);
  return result;
}
