import type { ApprovalRules } from '../domain/approval.ts';
import { whyNotByThem } from '../domain/approval.ts';
import type { Plan } from '../domain/plan.ts';
import type { Act } from '../domain/run.ts';
import { whyNotForThis, type ApprovalQuestion, type ApprovalStatement, type BreakGlass } from '../domain/signed-approval.ts';
import { describeDenial, type PolicyDecision } from '../policy/decision.ts';
import { evaluatePolicy } from '../policy/policy.ts';
import { executionHere } from './execution.ts';
import type { ApprovalVerifier, ControlPorts } from './ports.ts';

/** `givenIn`: the execution of the run that it was verified for. A reset keeps the answer, and the execution is another one then. */
type Given = { counts: true; givenIn?: string };

/** What counts of an approval, or why it does not. `by`: proven when it is signed, and a claim otherwise. */
export type Verification =
  | (Given & { kind: 'approval'; by: string; proof: 'signed' | 'claim'; reason?: string; keyId?: string })
  | (Given & { kind: 'break-glass'; by: string; proof: 'signed'; keyId: string } & BreakGlass)
  | { counts: false; why: string };

/** What is read of an act: all of it is what somebody says. */
type Handed = Pick<Act, 'by' | 'reason' | 'signed' | 'breakGlass'>;

const refused = (why: string): Verification => ({ counts: false, why });

function counted(statement: ApprovalStatement, keyId: string): Verification {
  const { sub: by } = statement;
  if (statement.kind === 'break-glass') return { counts: true, kind: 'break-glass', by, proof: 'signed', keyId, ...statement.breakGlass };
  const { reason } = statement;
  return { counts: true, kind: 'approval', by, proof: 'signed', keyId, ...(reason !== undefined && { reason }) };
}

function takeClaim({ by, reason, breakGlass }: Handed, question: ApprovalQuestion): Verification {
  if (breakGlass) return refused('glass is broken by a signature only, and this worker verifies none: set BREAKWATER_APPROVAL_PUBLIC_KEYS');
  const why = whyNotByThem(by.trim(), question);
  if (why !== undefined) return refused(why);
  return { counts: true, kind: 'approval', by: by.trim(), proof: 'claim', ...(reason !== undefined && { reason }) };
}

async function takeSigned(
  approvals: ApprovalVerifier,
  { signed }: Handed,
  question: ApprovalQuestion,
  nowMs: number,
): Promise<Verification> {
  if (signed === undefined)
    return refused('it is not signed: approve it through the API (`breakwater approve --api URL`, POST /v1/runs/ID/approve)');
  const proven = await approvals.verify(signed, nowMs);
  if ('why' in proven) return refused(proven.why);
  const why = whyNotForThis(proven.statement, question);
  return why === undefined ? counted(proven.statement, proven.keyId) : refused(why);
}

/** Whether the rules of files or of a bundle are missing in what was decided. */
const isUnread = ({ fromFiles, bundle }: PolicyDecision, { policies }: Pick<ControlPorts, 'policies'>): boolean =>
  (policies !== undefined && fromFiles === undefined) || bundle === 'unreadable';

/** Creates the activities that say what an approval must be, and whether one is. Both go by this worker's settings, and by nothing that a run says. */
export const createApprovals = ({
  nowMs,
  approvals,
  ...layers
}: Pick<ControlPorts, 'nowMs' | 'approvals' | 'siteEnvironments' | 'policies' | 'opa' | 'rego'>) => ({
  /**
   * What counts now, and under which policy people are asked.
   * @throws when it cannot be read: what they approved would be void as soon as it can
   */
  async tellApprovals(plan: Plan, requestedBy: string): Promise<ApprovalRules & { policy: string }> {
    const decision = await evaluatePolicy(plan, { requestedBy, atMs: nowMs() }, layers);
    const { policyDigest: policy } = decision;
    if (isUnread(decision, layers))
      throw new Error(
        `nobody is asked under a policy that cannot be read: ${decision.denials.map(describeDenial).join('; ').slice(0, 1_000)}`,
      );
    if (!approvals) return { proof: 'claim', policy };
    const problem = await approvals.problem();
    return { proof: 'signed', policy, ...(problem !== undefined && { problem }) };
  },

  /** Whether an approval counts. With public keys in the settings only a signed one does, and none when they cannot be read. */
  async verifyApproval(question: ApprovalQuestion, handed: Handed): Promise<Verification> {
    const verified = approvals ? await takeSigned(approvals, handed, question, nowMs()) : takeClaim(handed, question);
    const givenIn = executionHere();
    return verified.counts && givenIn !== undefined ? { ...verified, givenIn } : verified;
  },
});
