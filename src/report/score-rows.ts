import type { Score, ServiceScore } from '../domain/score.ts';
import { utc } from './format.ts';

/** Verdicts of waves that are looked through for a score, newest first: older ones are worth little. */
export const MOST_WAVES = 1_000;

export const SCORE_HEADS = ['Service, experiment', 'Environment', 'Score', 'Coverage', 'Passed', 'Failed', 'Shortened', 'Newest'] as const;

/** Rounded down: nothing becomes a 100 by rounding. */
const points = (score: number | null): string => (score === null ? 'no data' : (Math.floor(score * 10) / 10).toFixed(1));

const row = (what: string, environment: string, { score, covered, planned, passed, failed, scaled, newestMs }: Score): string[] => [
  ...[what, environment, points(score), `${covered} of ${planned} waves`, String(passed), String(failed), String(scaled)],
  newestMs === null ? 'never' : utc(newestMs).slice(0, 10),
];

/** A service and, indented below it, its experiments. */
export const scoreRows = ({ experiments, ...service }: ServiceScore): string[][] => [
  row(service.service, service.environment, service),
  ...experiments.map((one) => row(`  ${one.name}`, one.environment, one)),
];
