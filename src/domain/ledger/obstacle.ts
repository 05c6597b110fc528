import type { Claim, LedgerState } from './state.ts';

/** What keeps a claim from being granted now. */
export interface Obstacle {
  /** `cap`: only the environment's cap of victims is in the way; then nobody younger may take what is left of it. */
  kind: 'scope' | 'turn' | 'cool-down' | 'cap';
  why: string;
  behind: string[];
  untilMs?: number;
}

/** A claim that still waits, and what for. */
export interface Waiting {
  claim: Claim;
  obstacle: Obstacle;
}

const shared = (a: Pick<Claim, 'scopes'>, b: Pick<Claim, 'scopes'>): string | undefined =>
  a.scopes.find((scope) => b.scopes.includes(scope));

/** A scope that others have taken up. Whoever holds it already is only kept out by waves that are live. */
function taken({ holds, limits }: LedgerState, claim: Claim, isHolder: boolean): Obstacle | undefined {
  for (const scope of claim.scopes) {
    const others = holds.filter(
      (hold) => hold.holder !== claim.holder && hold.scopes.includes(scope) && (!isHolder || hold.wave !== undefined),
    );
    if (others.length >= limits.perScope) return { kind: 'scope', why: `${scope} is held`, behind: others.map(({ holder }) => holder) };
  }
  return undefined;
}

/** Somebody older who wants the same scope, or who waits for the cap. A holder owes its scopes to nobody: whoever waits for them waits for it. */
function owed(claim: Claim, older: readonly Waiting[], isHolder: boolean): Obstacle | undefined {
  const first = older.find((other) => other.obstacle.kind === 'cap' || (!isHolder && shared(other.claim, claim) !== undefined));
  if (!first) return undefined;
  const scope = isHolder ? undefined : shared(first.claim, claim);
  return {
    kind: 'turn',
    why: scope === undefined ? 'somebody older waits for the cap of victims' : `${scope} is wanted by somebody older`,
    behind: [first.claim.holder],
  };
}

function resting({ coolDowns }: LedgerState, claim: Claim, nowMs: number): Obstacle | undefined {
  const [last] = coolDowns
    .filter(({ scope, untilMs }) => untilMs > nowMs && claim.scopes.includes(scope))
    .sort((a, b) => b.untilMs - a.untilMs);
  if (!last) return undefined;
  return { kind: 'cool-down', why: `${last.scope} cools down`, behind: last.by === claim.holder ? [] : [last.by], untilMs: last.untilMs };
}

function capped({ holds, limits }: LedgerState, claim: Claim): Obstacle | undefined {
  const live = holds.filter((hold) => hold.wave !== undefined && hold.holder !== claim.holder);
  const inUse = live.reduce((sum, { wave }) => sum + (wave?.victims ?? 0), 0);
  if (inUse + claim.victims <= limits.maxConcurrentVictims) return undefined;
  const why = `${inUse} of ${limits.maxConcurrentVictims} victims are in use, ${claim.victims} wanted`;
  return { kind: 'cap', why, behind: live.map(({ holder }) => holder) };
}

/**
 * What is in the way of a claim; undefined: it may be granted.
 * @param older those in the queue before it that still wait, with what for
 */
export function obstacleOf(state: LedgerState, claim: Claim, older: readonly Waiting[], nowMs: number): Obstacle | undefined {
  const isHolder = state.holds.some(({ holder }) => holder === claim.holder);
  return taken(state, claim, isHolder) ?? owed(claim, older, isHolder) ?? resting(state, claim, nowMs) ?? capped(state, claim);
}

/** Whether two claims want the same scope. */
export const conflict = (a: Pick<Claim, 'scopes'>, b: Pick<Claim, 'scopes'>): boolean => shared(a, b) !== undefined;
