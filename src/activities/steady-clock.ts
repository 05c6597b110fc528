/** The two clocks of a machine. */
export interface Clocks {
  wallMs(): number;
  /** Milliseconds since some beginning, by a clock that nobody sets. */
  monotonicMs(): number;
}

const ours: Clocks = { wallMs: () => Date.now(), monotonicMs: () => performance.now() };

/**
 * The time of a watch: begins at the wall clock's and goes on by the monotonic one, so that no correction of the wall clock makes a streak
 * longer, a hold shorter or a blindness unseen. It stands still while the machine sleeps; `takeJump` tells.
 */
export class SteadyClock {
  private readonly clocks: Clocks;
  private readonly beginMs: number;
  /** Wall minus steady time at the last look. */
  private apartMs = 0;

  constructor(clocks: Clocks = ours) {
    this.clocks = clocks;
    this.beginMs = clocks.wallMs() - clocks.monotonicMs();
  }

  /** Epoch milliseconds, as they would be had nobody touched the wall clock since the watch began. */
  nowMs(): number {
    return Math.round(this.beginMs + this.clocks.monotonicMs());
  }

  /** How far the wall clock has left the steady one since the last look, milliseconds: it was set, or the machine slept. */
  takeJump(): number {
    const apartMs = this.clocks.wallMs() - this.nowMs();
    const jumpMs = apartMs - this.apartMs;
    this.apartMs = apartMs;
    return jumpMs;
  }
}
