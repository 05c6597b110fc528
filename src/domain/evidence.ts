import type { EvidenceRule } from './experiment/waves.ts';
import { percent } from './percent.ts';
import type { WavePlan } from './plan.ts';
import { isSame } from './same.ts';
import { clopperPearson, trialsNeeded } from './statistics/proportion.ts';
import type { Verdict } from './verdict.ts';
import type { WaveVerdict } from './wave-verdict.ts';

/** The verdict of one wave of a run that is over, as it stands on record. Times are epoch milliseconds. */
export interface RecordedWave extends WaveVerdict {
  workflowId: string;
  /** The experiment's name. */
  name: string;
  service: string;
  environment: string;
  timeScale: number;
  closedAtMs: number;
  /** How the whole run ended. */
  runVerdict: Verdict;
}

/** What the records say of a rule. `missing` is empty when it is fulfilled. */
export interface Evidence {
  rule: EvidenceRule;
  /** Runs in which the wave passed. */
  passed: number;
  /** Recoveries in time, of all that were needed, in whatever runs count. */
  recovered: number;
  of: number;
  /** Lower bound of the true ratio; null without a recovery: no data is no evidence. */
  lowerBound: number | null;
  missing: string[];
  /** Runs that do not count, with the reason. */
  discarded: string[];
}

/** Of both sides together, as in the reports: the lower bound is wrong in one of forty cases at most. */
export const CONFIDENCE = 0.95;

/** Runs in which nothing that was measured counts. */
const WORTHLESS: readonly Verdict[] = ['void', 'invalid', 'error'];
const days = (ms: number): string => `${Number((ms / 86_400_000).toFixed(2))} d`;

/** Whether what a wave showed counts at all, whatever it was; otherwise why not. */
export function whyNoEvidence({ runVerdict, rehearsal }: Pick<RecordedWave, 'runVerdict' | 'rehearsal'>): string | undefined {
  if (WORTHLESS.includes(runVerdict)) return `of a run that was ${runVerdict}`;
  return rehearsal ? 'a rehearsal' : undefined;
}

function whyNot(one: RecordedWave, { fault, targets }: Pick<WavePlan, 'fault' | 'targets'>, timeScale: number): string | undefined {
  const general = whyNoEvidence(one);
  if (general !== undefined) return general;
  if (one.timeScale < timeScale) return `with durations × ${one.timeScale}, shorter than now`;
  return isSame(one.fault, fault) && isSame(one.targets, targets) ? undefined : 'with another fault or other targets';
}

function countReasons(reasons: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => `${count} ${reason}`);
}

/**
 * Weighs what is on record of a wave against what another wave requires of it. A failed wave is no pass, and its recoveries count:
 * the bound is of all that were needed.
 * @param wave the required wave as it is planned now: evidence of another fault or other targets is none
 * @param recorded waves of that name, of the same experiment, service and environment
 * @see Clopper and Pearson 1934, Biometrika 26(4)
 */
export function weighEvidence(
  rule: EvidenceRule,
  wave: Pick<WavePlan, 'fault' | 'targets'>,
  timeScale: number,
  recorded: readonly RecordedWave[],
  nowMs: number,
): Evidence {
  const fresh = recorded.filter((one) => one.wave === rule.wave && nowMs - one.closedAtMs <= rule.within);
  const judged = fresh.map((one) => ({ one, why: whyNot(one, wave, timeScale) }));
  const good = judged.flatMap(({ one, why }) => (why === undefined ? [one] : []));
  const passed = good.filter(({ verdict }) => verdict === 'passed').length;
  const recovered = good.reduce((sum, one) => sum + one.recovered, 0);
  const of = good.reduce((sum, one) => sum + one.of, 0);
  const lowerBound = clopperPearson(recovered, of, CONFIDENCE)?.low ?? null;
  const found = { rule, passed, recovered, of, lowerBound };
  return { ...found, missing: missingOf(found), discarded: countReasons(judged.flatMap(({ why }) => why ?? [])) };
}

function missingOf({ rule, passed, recovered, of, lowerBound }: Omit<Evidence, 'missing' | 'discarded'>): string[] {
  const missing: string[] = [];
  if (passed < rule.passed)
    missing.push(`wave ${rule.wave} passed in ${passed} of the ${rule.passed} runs that are required within ${days(rule.within)}`);
  const least = rule.recoveryLowerBound;
  if (least !== undefined && (lowerBound === null || lowerBound < least)) {
    const shown =
      lowerBound === null ? 'which shows nothing' : `which shows ${percent(lowerBound, 1)} at least (${percent(CONFIDENCE, 1)} confidence)`;
    const help = recovered === of ? `; ${trialsNeeded(least, CONFIDENCE)} in a row would show it` : '';
    missing.push(`wave ${rule.wave} recovered in time in ${recovered} of ${of}, ${shown}, and ${percent(least, 1)} are required${help}`);
  }
  return missing;
}

/** The evidence in one sentence. */
export function describeEvidence({ rule, passed, recovered, of, lowerBound, missing, discarded }: Evidence): string {
  const apart = discarded.length > 0 ? ` (not counted: ${discarded.join(', ')})` : '';
  if (missing.length > 0) return `${missing.join('; ')}${apart}`;
  const bound = lowerBound === null ? '' : `, ${percent(lowerBound, 1)} at least`;
  return `wave ${rule.wave} passed in ${passed} of ${rule.passed} runs within ${days(rule.within)}, recovered in time in ${recovered} of ${of}${bound}${apart}`;
}
