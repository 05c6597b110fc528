import { judge, type Motion, type SightRules } from '../domain/sight.ts';
import type { OpenProbe } from './define.ts';

/** What `sighted` needs of the world: our clock as others see it, and one that nobody sets, which a guard's next attempt can go on from. */
export interface SightClocks {
  wallMs(): number;
  steadyMs(): number;
}

/** Where the signals that must move stood, by name. A watch owns it, and keeps it in its checkpoint. */
export type Motions = Record<string, Motion>;

/** A probe whose readings count only when they are sight: of the right time, by the right clock, and moving where they must. */
export function sighted(probe: OpenProbe, name: string, rules: SightRules, clocks: SightClocks, motions: Motions): OpenProbe {
  return {
    async measure(signal) {
      const reading = await probe.measure(signal);
      const { measurement, motion } = judge(reading, rules, { wallMs: clocks.wallMs(), steadyMs: clocks.steadyMs() }, motions[name]);
      if (motion && !signal.aborted) motions[name] = motion;
      return measurement;
    },
    async close() {
      await probe.close?.();
    },
  };
}
