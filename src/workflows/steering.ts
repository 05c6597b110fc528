import { ApplicationFailure, setHandler, workflowInfo } from '@temporalio/workflow';
import { isReviewer } from '../domain/review.ts';
import type { Act, RunState } from '../domain/run.ts';
import * as message from './messages.ts';
import { isSamePerson } from '../domain/approval.ts';
import { MOST_REFUSED, takeApproval } from './approving.ts';
import type { RunContext } from './context.ts';
import { isPatched } from './patches.ts';

/** Names that cross the wire. Renaming one is a breaking change. */
export type SteeringRefusal = 'MissingActor' | 'WrongPhase' | 'WrongDigest' | 'AlreadyApproved' | 'TooManyRefused';

const refuse = (why: SteeringRefusal, text: string): ApplicationFailure => ApplicationFailure.nonRetryable(text, why);
const MAX_TEXT = 500;
/** An act that was accepted stays in the history, with whatever else was sent along. */
const MAX_ACT = 16_384;

/** Updates come from anywhere, Temporal Web included: nothing about the argument is taken for granted. */
function checkActor(act: unknown): Act {
  const claim = act as Act | undefined | null;
  if (typeof claim !== 'object' || claim === null || typeof claim.by !== 'string' || claim.by.trim() === '')
    throw refuse('MissingActor', 'who is acting? send { "by": "name", "reason": "why" }');
  if (claim.by.length > MAX_TEXT || (claim.reason !== undefined && (typeof claim.reason !== 'string' || claim.reason.length > MAX_TEXT)))
    throw refuse('MissingActor', `\`by\` and \`reason\` are texts of ${MAX_TEXT} characters at most`);
  if (claim.signed !== undefined && typeof claim.signed !== 'string')
    throw refuse('MissingActor', '`signed` is a text that the API has made');
  if (JSON.stringify(claim).length > MAX_ACT) throw refuse('MissingActor', `an act weighs ${MAX_ACT} characters at most`);
  return claim;
}

/** What is kept of an act: whatever else somebody sent along must not weigh down the state and its queries. */
const kept = ({ by, reason, digest }: Act): Act => ({
  by: by.trim(),
  ...(reason !== undefined && { reason }),
  ...(typeof digest === 'string' && { digest: digest.slice(0, MAX_TEXT) }),
});

const isOver = (run: RunState): boolean => run.phase === 'closing' || run.phase === 'closed';

/** Whether an approval may be looked at now. @throws ApplicationFailure, and then the history has nothing of it */
export function checkApproval(run: RunState, act: Act): void {
  if (run.awaiting === undefined || run.aborted || isOver(run))
    throw refuse('WrongPhase', `nothing waits for approval while ${run.aborted ? 'an abort ends the run' : run.phase}`);
  if (act.digest !== run.digest)
    throw refuse('WrongDigest', `approve the digest that you have seen: this plan's is ${run.digest ?? 'not known yet'}`);
  if (act.breakGlass === true && !isPatched('approvals-are-verified'))
    throw refuse('WrongPhase', 'this run began in a version that knows no glass to break: approve it, or reject it and start it anew');
  if (isReviewer(act.by)) throw refuse('MissingActor', `${act.by.slice(0, 100)}: so are reviewers of commits named, and no person`);
  // Whoever has approved may still break glass.
  if (act.breakGlass !== true && run.approvals.some((other) => isSamePerson(other.by, act.by)))
    throw refuse('AlreadyApproved', `${act.by} has approved already; another person must`);
}

/** A flood of approvals that do not count must not fill the history. */
function checkFlood({ approvalsRefused = 0 }: RunContext): void {
  if (approvalsRefused >= MOST_REFUSED)
    throw refuse('TooManyRefused', `${approvalsRefused} approvals did not count; no more are looked at: reject it, and start it anew`);
}

/** What is known of the acts of people beside the state. */
export interface Steering {
  /** Whether an act may have come in the workflow task that runs now, and would be lost with it. */
  mayBeLost(): boolean;
}

/**
 * Lets people steer a run. Validators are synchronous on purpose: an async one accepts everything.
 * @param context its `chaos` is cancelled by an abort; what undoes lives outside of it
 * @param interrupt called by a pause: a live fault that can be undone does not wait for its time
 */
export function acceptSteering(context: RunContext, answer: () => RunState, interrupt: () => void): Steering {
  const { state: run, chronicle, chaos } = context;
  let newestAt: number | undefined;
  const when = (allowed: (act: Act) => void) => (act: Act) => {
    allowed(checkActor(act));
  };
  const require = (isAllowed: boolean, text: string): void => {
    if (!isAllowed) throw refuse('WrongPhase', text);
  };
  const note = (kind: string, { by, reason }: Act) => {
    newestAt = workflowInfo().historyLength;
    chronicle.add(kind, { by, ...(reason !== undefined && { reason }) });
  };

  setHandler(message.state, answer);
  setHandler(
    message.approve,
    (act) => {
      if (isPatched('approvals-are-verified')) {
        newestAt = workflowInfo().historyLength;
        return takeApproval(context, act).then(answer);
      }
      run.approvals.push(kept(act));
      note('approved', act);
      return answer();
    },
    {
      validator: when((act) => {
        checkApproval(run, act);
        checkFlood(context);
      }),
    },
  );
  setHandler(
    message.reject,
    (act) => {
      run.rejected = kept(act);
      note('rejected', act);
      return answer();
    },
    {
      validator: when(() => {
        require(run.awaiting !== undefined && !run.rejected, `nothing waits for approval while ${run.phase}`);
      }),
    },
  );
  setHandler(
    message.abort,
    (act) => {
      run.aborted = kept(act);
      run.stopSeenMs ??= Date.now();
      note('abort', act);
      chaos.cancel();
      return answer();
    },
    {
      validator: when(() => {
        require(!run.aborted && !isOver(run), run.aborted ? `${run.aborted.by} has aborted already` : `the run is ${run.phase}`);
      }),
    },
  );
  setHandler(
    message.pause,
    (act) => {
      run.paused = kept(act);
      note('paused', act);
      interrupt();
      return answer();
    },
    {
      validator: when(() => {
        require(!run.paused && !run.aborted && !isOver(run), run.paused
          ? `${run.paused.by} has paused already`
          : `not possible while ${run.phase}`);
      }),
    },
  );
  setHandler(
    message.resume,
    (act) => {
      delete run.paused;
      note('resumed', act);
      return answer();
    },
    {
      validator: when(() => {
        require(!!run.paused, 'the run is not paused');
      }),
    },
  );
  // Any act at all: which task it came in is not the same in a replay, where the tasks of a slow local activity are one.
  const mayBeLost = (): boolean => newestAt !== undefined && (isPatched('acts-are-on-record') || newestAt === workflowInfo().historyLength);
  return { mayBeLost };
}
