import { whyNoEvidence, type RecordedWave } from './evidence.ts';

/** After this long, evidence is worth half, milliseconds. */
export const HALF_LIFE_MS = 30 * 86_400_000;
/** How much fresh evidence of failure everybody starts with: a single pass is not yet a proof. */
export const DOUBT = 1;
/** A wave is covered by evidence that is not older than this, milliseconds. */
export const COVERED_FOR_MS = 90 * 86_400_000;

/** The waves that act in the newest recorded plan of an experiment. */
export interface PlannedExperiment {
  name: string;
  service: string;
  environment: string;
  waves: string[];
}

/** What evidence there is of how well something withstands, as of an instant. */
export interface Score {
  /** 0–100; null without evidence: no data is neither good nor bad. */
  score: number | null;
  /** Planned waves with evidence that is not too old, of all planned ones. */
  covered: number;
  planned: number;
  passed: number;
  failed: number;
  /** How many of those were run with shortened durations. */
  scaled: number;
  /** End of the newest run that counts, epoch milliseconds. */
  newestMs: number | null;
}

export type ExperimentScore = Omit<PlannedExperiment, 'waves'> & Score;
export type ServiceScore = Omit<ExperimentScore, 'name'> & { experiments: ExperimentScore[] };

type Shown = Pick<RecordedWave, 'verdict' | 'rule' | 'runVerdict' | 'rehearsal' | 'closedAtMs' | 'timeScale'>;

/** Whether a wave speaks for or against the system; undefined: it says nothing about it (stopped by a person, a blind guard, too little data). */
export function speaks(one: Pick<Shown, 'verdict' | 'rule' | 'runVerdict' | 'rehearsal'>): 'for' | 'against' | undefined {
  if (whyNoEvidence(one) !== undefined) return undefined;
  if (one.verdict === 'passed') return 'for';
  return one.verdict === 'failed' || one.rule === 'stop-condition' ? 'against' : undefined;
}

const worth = ({ closedAtMs }: Pick<Shown, 'closedAtMs'>, nowMs: number): number => 2 ** (-Math.max(0, nowMs - closedAtMs) / HALF_LIFE_MS);

/**
 * Share of passed waves among all that speak, each worth half after a half-life, beside a fixed doubt: `100 · P / (P + F + doubt)`.
 * One more pass never lowers it, and time alone never raises it: what ages loses its worth, and the doubt does not.
 * Evidence from a clock that is ahead counts as of now until then, and as no more than that.
 * @see docs/evidence.md, "Scores"
 * @returns undefined without evidence
 */
export function scoreOf(waves: readonly Shown[], nowMs: number): number | undefined {
  const sum = (side: 'for' | 'against'): number =>
    waves.filter((one) => speaks(one) === side).reduce((total, one) => total + worth(one, nowMs), 0);
  if (!waves.some((one) => speaks(one) !== undefined)) return undefined;
  const [passed, failed] = [sum('for'), sum('against')];
  return (100 * passed) / (passed + failed + DOUBT);
}

function sumUp(waves: readonly RecordedWave[], planned: readonly string[], keyOf: (one: RecordedWave) => string, nowMs: number): Score {
  const telling = waves.filter((one) => speaks(one) !== undefined);
  const fresh = new Set(telling.filter(({ closedAtMs }) => nowMs - closedAtMs <= COVERED_FOR_MS).map(keyOf));
  return {
    score: scoreOf(waves, nowMs) ?? null,
    covered: planned.filter((key) => fresh.has(key)).length,
    planned: planned.length,
    passed: telling.filter((one) => speaks(one) === 'for').length,
    failed: telling.filter((one) => speaks(one) === 'against').length,
    scaled: telling.filter(({ timeScale }) => timeScale < 1).length,
    newestMs: telling.reduce<number | null>((newest, { closedAtMs }) => Math.max(newest ?? closedAtMs, closedAtMs), null),
  };
}

const isOf = (a: Pick<PlannedExperiment, 'service' | 'environment'>, b: Pick<PlannedExperiment, 'service' | 'environment'>): boolean =>
  a.service === b.service && a.environment === b.environment;

/**
 * Scores of services in their environments, each with its experiments, by name. A service's score is of all evidence of its experiments together.
 * @param experiments one entry per experiment, service and environment
 */
export function scores(experiments: readonly PlannedExperiment[], waves: readonly RecordedWave[], nowMs: number): ServiceScore[] {
  const services = new Map(
    experiments.map(({ service, environment }) => [JSON.stringify([service, environment]), { service, environment }]),
  );
  return [...services]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, place]): ServiceScore => {
      const own = experiments.filter((one) => isOf(one, place)).sort((a, b) => (a.name < b.name ? -1 : 1));
      const shown = waves.filter((one) => isOf(one, place) && own.some(({ name }) => name === one.name));
      const key = ({ name, wave }: { name: string; wave: string }): string => JSON.stringify([name, wave]);
      const planned = own.flatMap(({ name, waves: all }) => all.map((wave) => key({ name, wave })));
      return {
        ...place,
        ...sumUp(shown, planned, key, nowMs),
        experiments: own.map(({ name, waves: all }) => ({
          ...{ name, ...place },
          ...sumUp(
            shown.filter((one) => one.name === name),
            all,
            ({ wave }) => wave,
            nowMs,
          ),
        })),
      };
    });
}
