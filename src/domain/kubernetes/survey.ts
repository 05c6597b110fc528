import type { Population } from '../target.ts';

/** Which pods a person wants to see. */
export interface SurveyQuery {
  namespace: string;
  /** Label selector, as `kubectl -l`. */
  selector?: string;
  /** The container that is meant where pods have several. */
  container?: string;
}

/** A pod: may it be hit, and if not, why. */
export interface SurveyRow {
  pod: string;
  container: string;
  node: string;
  owner: string;
  /** `ready`: it could be targeted now. `unready`: it lives and counts, and is not chosen. `protected`: it must not be hit. */
  state: 'ready' | 'unready' | 'protected';
  why: string;
}

/** What could be targeted in a namespace, and why the rest cannot be. */
export interface Survey {
  site: string;
  namespace: string;
  counts: Record<SurveyRow['state'], number>;
  /** The first of them, those that could be targeted first. */
  rows: SurveyRow[];
}

/** Most rows: an answer travels through a workflow, which takes 2 MB. */
export const MOST_ROWS = 1_000;
const MOST_WORDS = 300;
const ORDER = ['ready', 'unready', 'protected'] as const;

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Sums a population up for a person: sorted, bounded. */
export function surveyOf({ targets, protected: spared, unready }: Population, site: string, namespace: string): Survey {
  const away = new Map(unready.map(({ id, why }) => [id, why]));
  const all = [
    ...targets.map((target) => ({
      target,
      why: away.get(target.id),
      state: away.has(target.id) ? ('unready' as const) : ('ready' as const),
    })),
    ...spared.map(({ target, why }) => ({ target, why, state: 'protected' as const })),
  ].map(({ target: { labels }, why = '', state }): SurveyRow => {
    const { pod = '', container = '', node = '', owner = '' } = labels;
    return { pod, container, node, owner, state, why: why.slice(0, MOST_WORDS) };
  });
  const counted = ORDER.map((state) => [state, all.filter((row) => row.state === state).length]);
  all.sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || compare(a.pod, b.pod));
  return { site, namespace, counts: Object.fromEntries(counted) as Survey['counts'], rows: all.slice(0, MOST_ROWS) };
}
