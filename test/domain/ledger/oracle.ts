import type { LedgerEvent } from '../../../src/domain/ledger/step.ts';
import type { Answer, Claim } from '../../../src/domain/ledger/state.ts';

interface Party {
  claim: Claim;
  epoch: number;
  inWave: boolean;
}

/**
 * A bookkeeper that knows the rules and not the ledger's code. It grants nothing by itself: it is shown what happened and what the ledger said,
 * and answers with every rule that was broken.
 */
export class Oracle {
  readonly broken: string[] = [];
  private limits = { perScope: 1, maxConcurrentVictims: 10 };
  private readonly parties = new Map<string, Party>();
  /** In the order in which they came. */
  private readonly waiting = new Map<string, Claim>();
  private readonly restsUntil = new Map<string, number>();
  private readonly epochs: number[] = [];
  private isHalted = false;

  private complain(text: string): void {
    this.broken.push(text);
  }

  private endWave(holder: string, hit: boolean, nowMs: number): void {
    const party = this.parties.get(holder);
    if (!party?.inWave) return;
    party.inWave = false;
    if (hit)
      for (const scope of party.claim.scopes)
        this.restsUntil.set(scope, Math.max(this.restsUntil.get(scope) ?? 0, nowMs + party.claim.coolDownMs));
  }

  private happened(event: LedgerEvent, nowMs: number): void {
    const party = 'holder' in event ? this.parties.get(event.holder) : undefined;
    const isThisRun = 'runId' in event && party?.claim.runId === event.runId;
    switch (event.kind) {
      case 'acquire': {
        const { holder, runId, wave } = event.claim;
        const known = this.parties.get(holder);
        if (known?.inWave && known.claim.wave === wave && known.claim.runId === runId) return;
        if (this.isHalted || event.claim.victims > this.limits.maxConcurrentVictims) return void this.waiting.delete(holder);
        this.endWave(holder, true, nowMs);
        this.waiting.set(holder, event.claim); // a Map keeps the place of a key that it knows
        return;
      }
      case 'leave':
        if (isThisRun && party?.claim.wave === event.wave) this.endWave(event.holder, event.hit, nowMs);
        return;
      case 'release':
      case 'expire':
        if (isThisRun) {
          this.endWave(event.holder, event.kind === 'expire' || event.hit, nowMs);
          this.parties.delete(event.holder);
        }
        if (this.waiting.get(event.holder)?.runId === event.runId) this.waiting.delete(event.holder);
        return;
      case 'halt':
        this.isHalted = true;
        this.waiting.clear();
        return;
      case 'lift':
        this.isHalted = false;
        return;
      case 'limits':
        this.limits = event.limits;
        for (const [holder, { victims }] of this.waiting) if (victims > event.limits.maxConcurrentVictims) this.waiting.delete(holder);
        return;
      case 'alive':
      case 'tick':
    }
  }

  private victimsInUse = (): number =>
    [...this.parties.values()].filter(({ inWave }) => inWave).reduce((sum, { claim }) => sum + claim.victims, 0);
  private others = (holder: string): Party[] => [...this.parties].filter(([name]) => name !== holder).map(([, party]) => party);
  private share = (a: Claim, b: Claim): boolean => a.scopes.some((scope) => b.scopes.includes(scope));

  /** What live waves have reserved of a budget. */
  reserved = (slo: string, except?: string): number =>
    [...this.parties]
      .filter(([holder, { inWave, claim }]) => holder !== except && inWave && claim.budget?.slo === slo)
      .reduce((sum, [, { claim }]) => sum + claim.budget!.cost, 0);

  private granted(claim: Claim, epoch: number, nowMs: number, reserved?: number): void {
    const { holder, runId, wave } = claim;
    const known = this.parties.get(holder);
    const isNew = known?.claim.runId !== runId;
    if (known && !isNew && known.inWave && known.claim.wave === wave) {
      if (epoch !== known.epoch) this.complain(`${holder} was told another epoch for the same wave`);
      return; // said again
    }
    const others = claim.budget && this.reserved(claim.budget.slo, holder);
    if (reserved !== others) this.complain(`${holder} was told that ${reserved} is reserved, and ${others} is`);
    if (this.isHalted) this.complain(`${holder} was granted under a halt`);
    if (this.waiting.get(holder)?.wave !== wave) this.complain(`${holder} was granted what it did not ask for`);
    if (isNew) {
      if (epoch <= Math.max(0, ...this.epochs)) this.complain(`epoch ${epoch} does not rise`);
      this.epochs.push(epoch);
    } else if (epoch !== known.epoch) this.complain(`${holder} changed its epoch without a reset`);
    for (const scope of claim.scopes) {
      if ((this.restsUntil.get(scope) ?? 0) > nowMs) this.complain(`${holder} was granted ${scope} in a cool-down`);
      const rivals = this.others(holder).filter((party) => party.claim.scopes.includes(scope) && (known === undefined || party.inWave));
      if (rivals.length >= this.limits.perScope) this.complain(`${scope} is held by more than ${this.limits.perScope}`);
    }
    const first = this.firstReady(nowMs);
    if (first?.holder !== holder) this.complain(`${holder} overtook ${first?.holder ?? 'everybody'}`);
    this.waiting.delete(holder);
    this.parties.set(holder, { claim, epoch, inWave: true });
    if (this.victimsInUse() > this.limits.maxConcurrentVictims) this.complain(`${this.victimsInUse()} victims at once`);
  }

  /** The oldest who waits for nothing but the cap, or for nothing at all: whoever is younger must leave it what is left of the cap. */
  private firstReady(nowMs: number): Claim | undefined {
    const older: Claim[] = [];
    for (const claim of this.waiting.values()) {
      const isHolder = this.parties.has(claim.holder);
      const isFree = claim.scopes.every(
        (scope) =>
          (this.restsUntil.get(scope) ?? 0) <= nowMs &&
          this.others(claim.holder).filter((party) => party.claim.scopes.includes(scope) && (!isHolder || party.inWave)).length <
            this.limits.perScope,
      );
      if (isFree && (isHolder || !older.some((other) => this.share(other, claim)))) return claim;
      older.push(claim);
    }
    return undefined;
  }

  /** Nobody waits for nothing. */
  private lookForIdle(nowMs: number): void {
    const first = this.isHalted ? undefined : this.firstReady(nowMs);
    if (first && this.victimsInUse() + first.victims <= this.limits.maxConcurrentVictims)
      this.complain(`${first.holder} waits for nothing`);
  }

  /** Shows the oracle one event and what the ledger answered to it. */
  see(event: LedgerEvent, answers: readonly Answer[], nowMs: number): void {
    const asked = event.kind === 'acquire' ? event.claim : undefined;
    this.happened(event, nowMs);
    for (const { holder, reply } of answers) {
      const claim = this.waiting.get(holder) ?? asked;
      if (reply.kind === 'granted' && claim) this.granted(claim, reply.epoch, nowMs, reply.reserved);
    }
    this.lookForIdle(nowMs);
  }
}
