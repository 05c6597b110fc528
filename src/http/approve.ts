import type { z } from 'zod';
import type { Act, RunPlace, RunState } from '../client.ts';
import { factOfRefusedAct } from '../domain/audit/facts.ts';
import { rolesIn, type Principal } from '../domain/principal.ts';
import { HttpError } from './problem.ts';
import type { ApproveBody } from './schemas.ts';
import type { SignApproval } from './sign-approval.ts';

/** Who approves which run, and what they have sent. */
export interface Approving {
  principal: Principal;
  workflowId: string;
  place: RunPlace;
  body: z.infer<typeof ApproveBody>;
}

/** What is said when glass cannot be broken. */
const NO_KEY = 'glass is broken by a signature only, and this API has no key: set BREAKWATER_APPROVAL_KEY (docs/operations.md)';

/** A run that cannot tell it from an ordinary approval would take it for one, each time anew. */
const NO_GLASS = 'this run has no glass to break: it began in a version that knows none. Approve it, or reject it and start it anew';

/**
 * What is sent to a run: signed, when this API has a key and the run says exactly what it asks. A run of an earlier version takes the claim.
 * Signed is the digest that the person has seen, whatever the run says of itself.
 * @throws HttpError (422) when the run waits for something else than they have seen, or has no glass to break; (503) when glass is to be broken and there is no key
 * @param state of the run; absent: nobody has asked it
 */
export async function approvalAct(approving: Approving, state: RunState | undefined, sign: SignApproval | undefined): Promise<Act> {
  const { principal, body } = approving;
  const { digest, awaiting, reason, breakGlass } = body;
  if (awaiting !== undefined && awaiting !== state?.awaiting)
    throw new HttpError(422, `what waits for approval is ${state?.awaiting ?? 'nothing'}, and not ${awaiting}`);
  const act: Act = {
    by: principal.subject,
    digest,
    ...(reason !== undefined && { reason }),
    ...(breakGlass && { breakGlass: true, reason: breakGlass.reason }),
  };
  if (breakGlass && !sign) throw new HttpError(503, NO_KEY);
  if (breakGlass && !state?.asking) throw new HttpError(422, state?.awaiting === undefined ? 'nothing waits for approval' : NO_GLASS);
  return sign && state?.asking ? { ...act, signed: await sign(statementOf(approving, state.asking)) } : act;
}

function statementOf(
  { principal, workflowId, place, body }: Approving,
  asked: NonNullable<RunState['asking']>,
): Parameters<SignApproval>[0] {
  const { number, what, runId, policy, population } = asked;
  const { reason, breakGlass, digest } = body;
  const common = {
    sub: principal.subject,
    principal: principal.kind,
    roles: rolesIn(principal, { team: place.owner, environment: place.environment }),
    workflowId,
    asking: { number, what, runId, digest, policy, ...(population !== undefined && { population }) },
  };
  if (breakGlass) return { kind: 'break-glass', ...common, breakGlass };
  return { kind: 'approval', ...common, ...(reason !== undefined && { reason }) };
}

/** That an approval was refused before any run heard of it. */
export const factOfRefusedApproval = ({ principal, workflowId, body }: Approving, why: string, atMs: number) =>
  factOfRefusedAct(body.breakGlass ? 'break-glass' : 'approve', workflowId, principal.subject, why, atMs);
