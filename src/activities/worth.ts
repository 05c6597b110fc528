import { budgetSignal, spentOf } from '../domain/budget.ts';
import { weighEvidence, whyNoEvidence, type Evidence } from '../domain/evidence.ts';
import type { BudgetRule, EvidenceRule } from '../domain/experiment/waves.ts';
import { resolveWaves, type Plan, type WavePlan } from '../domain/plan.ts';
import { isSame } from '../domain/same.ts';
import type { Records } from '../records/ports.ts';
import type { ControlPorts } from './ports.ts';

/** What the records say of a wave that requires evidence, or costs error budget. */
export interface WaveWorth {
  wave: string;
  evidence?: Evidence;
  /** Expected cost as a share of the error budget, and where it is known from. */
  cost?: number;
  costFrom?: string;
  /** What keeps it from being run; empty: nothing. */
  missing: string[];
}

/** Verdicts that are looked through; far more than any rule can ask for. */
const LOOK_BACK = 1_000;
/** Runs whose cost is looked at. */
const COST_OF = 5;

type Memory = Pick<Records, 'waves' | 'samples'>;
const placeOf = ({ experiment }: Plan) => {
  const { name, service, environment } = experiment.metadata;
  return { name, service, environment };
};

/** The most that the wave's last runs of the same fault and time scale have cost. */
async function costOf(
  plan: Plan,
  wave: WavePlan,
  { slo }: BudgetRule,
  records: Memory,
): Promise<{ cost: number; runs: number } | undefined> {
  const known = await records.waves({ limit: LOOK_BACK, ...placeOf(plan), wave: wave.name });
  const alike = known.filter(
    (one) => whyNoEvidence(one) === undefined && one.timeScale === plan.timeScale && isSame(one.fault, wave.fault),
  );
  const costs: number[] = [];
  for (const { workflowId } of alike.slice(0, COST_OF)) {
    const samples = await records.samples(workflowId, { probe: budgetSignal(slo) });
    const spent = spentOf(
      samples.flatMap(({ wave: of, measurement }) => (of === wave.name && measurement.kind === 'value' ? [measurement.value] : [])),
    );
    if (spent !== undefined) costs.push(spent);
  }
  return costs.length === 0 ? undefined : { cost: Math.min(1, Math.max(...costs)), runs: costs.length };
}

async function priceOf(plan: Plan, wave: WavePlan, records: Memory): Promise<Pick<WaveWorth, 'cost' | 'costFrom' | 'missing'>> {
  const { budget } = wave;
  if (!budget) return { missing: [] };
  if (budget.expectedCost !== undefined) return { cost: budget.expectedCost, costFrom: 'the experiment', missing: [] };
  const found = await costOf(plan, wave, budget, records);
  if (found) return { cost: found.cost, costFrom: `the most of ${found.runs} recorded runs`, missing: [] };
  const why = `nobody knows what it costs of the error budget of ${budget.slo}: no comparable run of this wave is recorded; write budget.expectedCost`;
  return { missing: [why] };
}

async function evidenceOf(
  plan: Plan,
  rule: EvidenceRule,
  waves: readonly WavePlan[],
  ports: Pick<ControlPorts, 'nowMs'> & { records: Memory },
): Promise<Evidence> {
  const nowMs = ports.nowMs();
  const required = waves.find(({ name }) => name === rule.wave);
  const recorded = required
    ? await ports.records.waves({ limit: LOOK_BACK, sinceMs: Math.max(0, nowMs - rule.within), ...placeOf(plan), wave: rule.wave })
    : [];
  return weighEvidence(rule, required ?? { fault: { kind: '' }, targets: { kind: '' } }, plan.timeScale, recorded, nowMs);
}

/** Creates the activity that looks up what a wave has earned and what it costs. A local one: it costs the run one event. */
export const createWorth = (ports: Pick<ControlPorts, 'nowMs'> & { records: Memory }) => ({
  /** @throws RecordsError when the records do not answer */
  async weighWave(plan: Plan, name: string): Promise<WaveWorth> {
    const waves = resolveWaves(plan.experiment);
    const wave = waves.find((one) => one.name === name);
    if (!wave) return { wave: name, missing: [`there is no wave ${name}`] };
    const evidence = wave.requires && (await evidenceOf(plan, wave.requires, waves, ports));
    const price = await priceOf(plan, wave, ports.records);
    return { wave: name, ...(evidence && { evidence }), ...price, missing: [...(evidence?.missing ?? []), ...price.missing] };
  },
});
