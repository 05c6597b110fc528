import { budgetSignal, type Remaining } from '../domain/budget.ts';
import type { Experiment } from '../domain/experiment/experiment.ts';
import type { Measurement } from '../domain/sample.ts';
import { askNow } from './ask.ts';
import type { SitePorts } from './ports.ts';

const remainingOf = (answer: Measurement | undefined): Remaining =>
  answer?.kind === 'value' ? { left: answer.value } : { unknown: answer?.reason ?? 'no answer' };

/** Creates the activity that tells what is left of an experiment's error budgets. Touches nothing. */
export const createBudgets = (ports: Pick<SitePorts, 'probes'>) => ({
  async measureBudgets(experiment: Pick<Experiment, 'probes' | 'slo' | 'guard'>): Promise<Record<string, Remaining>> {
    const slos = Object.keys(experiment.slo);
    const answers = await askNow(experiment, ports.probes, slos.map(budgetSignal));
    return Object.fromEntries(slos.map((slo) => [slo, remainingOf(answers[budgetSignal(slo)])]));
  },
});
