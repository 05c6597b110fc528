import type { Act, BreakwaterHttpClient, RunState } from '../client.ts';
import { factOfRefusedAct } from '../domain/audit/facts.ts';
import { inTime, withClient } from './connect.ts';
import type { Cli } from './context.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { noteInAudit } from './note-in-audit.ts';
import { requireWorkers } from './pollers.ts';
import { sendAct } from './steering.ts';

/** What is handed in: what was seen, and why. */
export interface Given {
  digest: string;
  awaiting: string;
  reason?: string;
  breakGlass?: { reason: string; ticket: string };
}

/** Where an approval is handed in. */
export interface Desk {
  state(): Promise<RunState>;
  approve(given: Given): Promise<RunState>;
  /** Puts on record that somebody would have approved another digest. Over HTTP nobody has acted yet. */
  noteOther(digest: string): Promise<void>;
}

/** Temporal itself: who approves is a claim. */
export const atTemporal = <R>(cli: Cli, workflowId: string, by: string, use: (desk: Desk) => Promise<R>): Promise<R> =>
  withClient(cli.config(), async (client) => {
    await requireWorkers(client);
    return use({
      state: () => inTime(client, () => client.status(workflowId)),
      approve: ({ digest, reason, breakGlass }) => {
        if (breakGlass)
          throw new CliError(
            EXIT.usage,
            'Glass is broken through the API only: it signs who does it.',
            'Add --api URL, or set BREAKWATER_API_URL.',
          );
        const act: Act = { by, digest, ...(reason !== undefined && { reason }) };
        return sendAct(cli, client, 'approve', workflowId, act);
      },
      noteOther: (digest) => noteInAudit(cli, factOfRefusedAct('approve', workflowId, by, `another digest: ${digest}`, Date.now())),
    });
  });

/** The HTTP API: who approves is who is authenticated, and what they approve is signed. */
export const deskAtApi = (api: BreakwaterHttpClient, workflowId: string): Desk => ({
  state: () => stateAt(api, workflowId),
  approve: (given) => api.approve(workflowId, given),
  noteOther: () => Promise.resolve(),
});

async function stateAt(api: BreakwaterHttpClient, workflowId: string): Promise<RunState> {
  const { state, unknown } = await api.run(workflowId);
  if (!state) throw new CliError(EXIT.platform, `Not approved: what the run waits for is not known: ${unknown ?? 'it is over'}`);
  return state;
}
