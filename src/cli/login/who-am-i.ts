import * as z from 'zod';
import type { ApiProblem } from '../../client.ts';
import { CliError, EXIT } from '../exit-codes.ts';

const Me = z.object({
  subject: z.string(),
  kind: z.string(),
  grants: z.array(z.object({ role: z.string(), team: z.string(), environment: z.string() })),
  expiresAtMs: z.number().optional(),
});

/** Who one is to an API. */
export type Me = z.infer<typeof Me>;

const ANSWER_WITHIN_MS = 10_000;

const isProblem = (error: unknown): error is ApiProblem => error instanceof Error && error.name === 'ApiProblem';

/**
 * Asks an API who somebody is.
 * @param token secret; undefined: nobody in particular
 * @returns undefined, and what the API says, when it does not know them
 * @throws CliError when it cannot be reached or does not answer as Breakwater does; ApiProblem when it refuses for another reason
 */
export async function whoAmI(api: string, token: string | undefined): Promise<{ me: Me } | { me?: undefined; why: string }> {
  const { BreakwaterHttpClient } = await import('../../client.ts');
  const door = new BreakwaterHttpClient({ url: api, timeoutMs: ANSWER_WITHIN_MS, ...(token !== undefined && { token }) });
  try {
    const parsed = Me.safeParse(await door.me());
    if (parsed.success) return { me: parsed.data };
  } catch (error) {
    if (isProblem(error) && error.status === 401) return { why: error.message };
    if (isProblem(error)) throw error;
    if (!(error instanceof SyntaxError)) throw unreachable(api, error); // a syntax error quotes what it read
  }
  throw new CliError(EXIT.platform, `${api} does not answer as Breakwater's API does.`, 'Correct --api or BREAKWATER_API_URL.');
}

function unreachable(api: string, error: unknown): CliError {
  const { cause, name } = error as Error;
  const why = cause instanceof Error ? cause.message : name === 'TimeoutError' ? 'no answer in time' : 'no connection';
  return new CliError(EXIT.platform, `The API cannot be reached at ${api}: ${why}`, 'Correct --api or BREAKWATER_API_URL, or try again.');
}
