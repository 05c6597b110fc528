import type { LedgerState } from './state.ts';

/** What live waves have reserved of an SLO's error budget, as a share of the whole. @param except a run whose own reservation does not count */
export const reservedOf = ({ holds }: Pick<LedgerState, 'holds'>, slo: string, except?: string): number =>
  holds.reduce((sum, { holder, wave }) => (holder !== except && wave?.budget?.slo === slo ? sum + wave.budget.cost : sum), 0);
