import { condition, sleep, uuid4, workflowInfo } from '@temporalio/workflow';
import { claimOf } from '../domain/ledger/claim.ts';
import type { Answer, Claim, Reply } from '../domain/ledger/state.ts';
import type { WavePlan } from '../domain/plan.ts';
import { describeQueued, type Queued as RunQueued } from '../domain/run.ts';
import type { Farewell } from '../activities/ledger.ts';
import type { GateDecision } from '../activities/control.ts';
import { enter, type AdmittedRun, type RunContext } from './context.ts';
import { reasonOf } from './failure.ts';
import { control } from './proxies.ts';

/** A ledger that is silent for this long does not work: nothing is done then. */
const ANSWER_WITHIN_MS = 60_000;
/** How often a run that waits asks again, in case the ledger has lost it. */
const ASK_AGAIN_MS = 300_000;

/** What stands between a run and its wave: the gates, then the ledger. `hasWaited`: what was true before, and what the gates said, is old. */
export type Turn =
  | { kind: 'gates'; gates: GateDecision }
  | { kind: 'granted'; hasWaited: boolean; gates: GateDecision }
  | { kind: 'refused'; reason: string }
  | { kind: 'paused' };

/** A ledger's word. It comes from outside: whatever does not fit this run and what it asks for is none. */
export function takeAnswer(run: RunContext, answer: Partial<Answer> | null | undefined): void {
  const reply = answer?.reply as Partial<Reply> | undefined;
  if (!answer || !isAsked(run, answer) || typeof reply !== 'object') return;
  const isKnown = (reply.kind === 'granted' && Number.isSafeInteger(reply.epoch)) || reply.kind === 'queued' || reply.kind === 'refused';
  if (isKnown) run.ledger.reply = reply as Reply;
}

/** By the claim and not by the run: the history of a run that was reset holds answers to the run that it was before. */
function isAsked({ ledger: { asking } }: RunContext, { wave, claimId, runId }: Partial<Answer>): boolean {
  if (asking?.wave !== wave) return false;
  return claimId === undefined ? runId === workflowInfo().runId : claimId === asking?.claimId;
}

/**
 * Waits until the ledger lets the wave begin; at once when the run is in it already. While it waits, the run can be paused and aborted.
 * @throws CancelledFailure when the run is stopped meanwhile
 */
export async function awaitTurn(run: AdmittedRun, wave: WavePlan): Promise<Turn> {
  const turn = await askForTurn(run, wave);
  if (turn.kind === 'refused') await onRecord();
  return turn;
}

/**
 * Ends the workflow task, and with it every doubt about what it decided. A task that closes a run is played again when a signal or an update
 * came meanwhile, and then that comes first: a run that gave up its turn, and had said so to the ledger, would take a late grant and act.
 */
export const onRecord = (): Promise<void> => sleep(1, { summary: 'what was decided is on record before anybody hears of it' });

async function askForTurn(run: AdmittedRun, wave: WavePlan): Promise<Turn> {
  const { ledger, plan, state } = run;
  const claimId = uuid4();
  const claim = claimOf(plan.experiment, wave, { holder: state.workflowId, runId: workflowInfo().runId, claimId }, ledger.cost);
  let untilMs: number | undefined;
  ledger.asking = { wave: wave.name, claimId };
  ledger.isKnown = true;
  let hasWaited = false;
  try {
    for (;;) {
      const asked = await askLedger(run, claim);
      if (asked.kind !== 'queued') return asked.kind === 'granted' ? { ...asked, hasWaited } : asked;
      hasWaited = true;
      const queued = noteQueue(run, asked.reply, wave);
      // Not before the answer: a replay tells a later time until a local activity has answered.
      untilMs ??= Date.now() + plan.experiment.blastRadius.queueFor;
      const restMs = untilMs - Date.now();
      if (restMs > 0) await condition(() => ledger.reply?.kind !== 'queued' || state.paused !== undefined, Math.min(ASK_AGAIN_MS, restMs));
      if (state.paused) return { kind: 'paused' };
      const taken = takeReply(run, wave.name);
      if (taken.kind !== 'queued') return taken.kind === 'granted' ? { ...taken, hasWaited, gates: asked.gates } : taken;
      if (restMs <= ASK_AGAIN_MS) return { kind: 'refused', reason: whyTooLong(run, queued) };
    }
  } finally {
    delete ledger.asking;
    delete state.queued;
  }
}

type Queued = Extract<Reply, { kind: 'queued' }>;
type Taken = { kind: 'granted' } | { kind: 'refused'; reason: string } | { kind: 'queued'; reply: Queued };
type Asked = (Taken & { gates: GateDecision }) | { kind: 'refused'; reason: string } | { kind: 'gates'; gates: GateDecision };

async function askLedger(run: AdmittedRun, claim: Claim): Promise<Asked> {
  const { ledger, plan } = run;
  delete ledger.reply;
  const entered = await control
    .enterWave(plan, claim, run.requestedBy, run.approvedIn)
    .catch((cause: unknown) => ({ failed: reasonOf(cause) }));
  if ('failed' in entered) return { kind: 'refused', reason: `the ledger could not be asked: ${entered.failed}` };
  if (!entered.gates.open) return { kind: 'gates', gates: entered.gates };
  if (entered.reply) ledger.reply ??= entered.reply;
  else if (!(await condition(() => ledger.reply !== undefined, ANSWER_WITHIN_MS)))
    return {
      kind: 'refused',
      reason: `the ledger did not answer within ${ANSWER_WITHIN_MS / 1_000} s: \`breakwater doctor\` tells whether it works`,
    };
  return { ...takeReply(run, claim.wave), gates: entered.gates };
}

function takeReply(run: AdmittedRun, wave: string): Taken {
  const { reply } = run.ledger;
  if (reply?.kind === 'queued') return { kind: 'queued', reply };
  if (reply?.kind !== 'granted') return { kind: 'refused', reason: reply?.reason ?? 'the ledger gave no answer' };
  run.epoch = reply.epoch;
  run.ledger.reserved = readReserved(reply.reserved);
  run.ledger.wave = wave;
  return { kind: 'granted' };
}

/** The answer may have come by a signal from anywhere: what is no share is no word of the ledger. */
const readReserved = (reserved: unknown): number | undefined => (typeof reserved === 'number' && reserved >= 0 ? reserved : undefined);

function noteQueue(run: AdmittedRun, { position, of, why, behind, untilMs }: Queued, { name }: WavePlan): RunQueued {
  const isNews = run.state.queued === undefined;
  const { environment } = run.plan.experiment.metadata;
  const queued: RunQueued = { environment, position, of, why, behind, ...(untilMs !== undefined && { untilMs }) };
  run.state.queued = queued;
  enter(run, 'queued');
  if (isNews) run.chronicle.add('queued', { position, of, why, behind }, { wave: name });
  return queued;
}

const whyTooLong = ({ plan }: AdmittedRun, queued: RunQueued): string =>
  `its turn did not come within ${plan.experiment.blastRadius.queueFor / 1_000} s (blastRadius.queueFor): ${describeQueued(queued)}`;

/** What the ledger must hear when a wave, or the run, is over; undefined when it knows nothing of the run. */
export function farewell(run: RunContext, kind: Farewell['kind']): Farewell | undefined {
  const { wave, isKnown } = run.ledger;
  const me = { holder: run.state.workflowId, runId: workflowInfo().runId, hit: run.state.victims.some((victim) => victim.wave === wave) };
  delete run.ledger.wave;
  if (kind === 'release') return isKnown ? { kind, ...me } : undefined;
  return wave === undefined ? undefined : { kind, ...me, wave };
}
