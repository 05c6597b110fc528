import { HttpError } from '../problem.ts';

/** More tokens that have not expired are refused, and not forgotten: a forgotten one could be used again. */
const MOST_USED = 100_000;

/** Tokens that have been used once, until they expire. Of this process: another one knows others. */
export class UsedTokens {
  private readonly until = new Map<string, number>();
  private readonly most: number;
  private readonly nowMs: () => number;

  constructor(nowMs: () => number = Date.now, most = MOST_USED) {
    this.nowMs = nowMs;
    this.most = most;
  }

  /**
   * Notes that a token is used.
   * @param expiresAtMs when nobody would take it any more
   * @throws HttpError 401 when it was used before; 503 when there is no room to remember it
   */
  use(issuer: string, jti: string, expiresAtMs: number): void {
    const key = JSON.stringify([issuer, jti]);
    if ((this.until.get(key) ?? 0) > this.nowMs())
      throw new HttpError(401, 'the token is not accepted: it was used before, and counts once');
    if (this.until.size >= this.most) this.forgetExpired();
    if (this.until.size >= this.most)
      throw new HttpError(503, 'too many tokens that count once are alive; try again when they have expired');
    this.until.set(key, expiresAtMs);
  }

  private forgetExpired(): void {
    for (const [key, untilMs] of this.until) if (untilMs <= this.nowMs()) this.until.delete(key);
  }
}
