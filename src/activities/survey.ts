import { cancellationSignal } from '@temporalio/activity';
import * as z from 'zod';
import { surveyOf, type Survey, type SurveyQuery } from '../domain/kubernetes/survey.ts';
import { findPods } from '../targets/pod.ts';
import { PodQuery } from '../targets/pod-spec.ts';
import type { SitePorts } from './ports.ts';
import { refuse } from './refuse.ts';

const Query = PodQuery.pick({ namespace: true, selector: true, container: true });

/** Creates the activity behind `discover kubernetes`: looks at the site's cluster, and touches nothing. */
export const createSurvey = ({ site, targets }: Pick<SitePorts, 'site' | 'targets'>) => ({
  /** @throws ApplicationFailure UnknownTarget for a query that is none; Error when the cluster cannot be looked at */
  async surveyPods(query: SurveyQuery): Promise<Survey> {
    const parsed = Query.safeParse(query);
    if (!parsed.success) throw refuse('UnknownTarget', z.prettifyError(parsed.error));
    return surveyOf(await findPods(targets.kubernetes, parsed.data, site, cancellationSignal()), site, parsed.data.namespace);
  },
});
