import type { BreakwaterHttpClient, Halt, Halted, HaltOptions } from '../client.ts';
import { ApiProblem } from '../client/http-request.ts';
import { facts } from './table.ts';

/** Longest wait for the API when it matters: whoever halts must know soon that it is away. It gives Temporal 8 s. */
export const HALT_WITHIN_MS = 10_000;

/** Where nobody has a name of their own, halts take one as a claim; everywhere else a name is an error. A question that is refused stops no halt. */
async function claimOf(api: BreakwaterHttpClient, by: string): Promise<{ by?: string }> {
  const me = await api.me().catch((error: unknown) => {
    if (!(error instanceof ApiProblem)) throw error;
    return undefined;
  });
  return me?.kind === 'unidentified' ? { by } : {};
}

/** The flag is durable and the runs are told when this is answered. @throws ApiProblem */
export async function haltAtApi(api: BreakwaterHttpClient, { by, ...halt }: HaltOptions): Promise<Halted> {
  return api.halt({ ...halt, ...(await claimOf(api, by)) });
}

/** Lifts a halt. @returns the halts that stand for that environment afterwards */
export async function liftAtApi(
  api: BreakwaterHttpClient,
  { by, reason, environment }: { by: string; reason: string; environment?: string },
): Promise<Record<string, Halt>> {
  await api.liftHalt({ reason, ...(environment !== undefined && { environment }), ...(await claimOf(api, by)) });
  return haltsAtApi(api, environment);
}

/** The halts that stand, of those that one may see; of one environment, also that of all. */
export async function haltsAtApi(api: BreakwaterHttpClient, environment: string | undefined): Promise<Record<string, Halt>> {
  const standing = Object.entries(await api.halts());
  return Object.fromEntries(standing.filter(([name]) => environment === undefined || name === '_all' || name === environment));
}

/** What a halt came to so far, in a few lines. */
export const haltedLines = ({ environment, halt, told }: Halted): string[] =>
  facts([
    [halt.kind === 'incident' ? 'Incident' : 'Halted', environment === '_all' ? 'every environment' : environment],
    ['By', halt.by],
    ['Reason', halt.reason],
    ['Told', `${told} live runs so far`],
  ]);
