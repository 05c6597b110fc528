import type { Survey, SurveyQuery } from '../domain/kubernetes/survey.ts';
import { reasonOf } from './failure.ts';
import { surveying } from './proxies.ts';

/** What `discover kubernetes` answers. */
export type SurveyResult = Survey | { unavailable: string };

/** Looks at the pods of a site's cluster. Touches nothing. */
export const survey = (site: string, query: SurveyQuery): Promise<SurveyResult> =>
  surveying(site)
    .surveyPods(query)
    .catch((cause: unknown) => ({ unavailable: reasonOf(cause) }));
