import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowNotFoundError } from '@temporalio/client';
import { ledgerId } from '../../../src/domain/ledger/names.ts';
import type { LedgerState } from '../../../src/domain/ledger/state.ts';
import type { Stage } from './stage.ts';

/** A run tells its ledger by a signal that it is over; the ledger's worker may have to start again first. */
const TOLD_WITHIN_MS = 30_000;

/** Who still holds or waits for blast radius in the stage's environment, as its ledger tells. Nobody when no run came as far as to ask it. */
export async function heldInLedger({ client, environment, place }: Stage): Promise<string[]> {
  const ledger = client.temporal.workflow.getHandle(ledgerId(environment, place.taskQueue));
  const untilMs = Date.now() + TOLD_WITHIN_MS;
  for (;;) {
    const held = await ledger.query<LedgerState>('state').then(
      ({ holds, queue }) => [...holds, ...queue].map((one) => JSON.stringify(one)),
      (error: unknown) => (error instanceof WorkflowNotFoundError ? [] : [`it does not answer: ${String(error)}`]),
    );
    if (held.length === 0 || Date.now() > untilMs) return held;
    await sleep(200);
  }
}
