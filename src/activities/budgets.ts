import { budgetSignal, type Remaining } from '../domain/budget.ts';
import type { Experiment } from '../domain/experiment/experiment.ts';
import type { Measurement } from '../domain/sample.ts';
import { askNow } from './ask.ts';
import type { SitePorts } from './ports.ts';
import { foreignObstacles } from './prepare.ts';
import { refuse } from './refuse.ts';

const remainingOf = (answer: Measurement | undefined): Remaining =>
  answer?.kind === 'value' ? { left: answer.value } : { unknown: answer?.reason ?? 'no answer' };

/** Creates the activity that tells what is left of an experiment's error budgets. Touches nothing. */
export const createBudgets = (ports: Pick<SitePorts, 'site' | 'environments' | 'probes'>) => ({
  /** @throws ApplicationFailure ForeignEnvironment: probes of a site are not asked for an environment that it does not hold */
  async measureBudgets(experiment: Experiment): Promise<Record<string, Remaining>> {
    const [foreign] = foreignObstacles(ports, experiment);
    if (foreign) throw refuse('ForeignEnvironment', foreign.why);
    const slos = Object.keys(experiment.slo);
    const answers = await askNow(experiment, ports.probes, slos.map(budgetSignal));
    return Object.fromEntries(slos.map((slo) => [slo, remainingOf(answers[budgetSignal(slo)])]));
  },
});
