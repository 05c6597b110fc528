import type { Experiment } from '../domain/experiment/experiment.ts';
import { needsOf, type AccessNeed, type AccessRule } from '../domain/kubernetes/access.ts';
import type { Spec } from '../domain/order.ts';
import { resolveWaves } from '../domain/plan.ts';
import { accessToReadRoute, accessToSetRoute } from '../domain/traffic/resources.ts';
import { faults } from '../faults/index.ts';
import { providers } from '../probes/index.ts';
import { remedies } from '../remedies/index.ts';
import { targets } from '../targets/index.ts';
import { signalDefinitions } from './signals.ts';

/** A catalogue, as far as access goes. */
type Catalogue<A extends unknown[]> = Readonly<Record<string, { access(spec: Spec, ...rest: A): readonly AccessRule[] }>>;

/** What an unknown kind needs is said by whoever is to use it. */
const rulesOf = <A extends unknown[]>(catalogue: Catalogue<A>, spec: Spec, ...rest: A): readonly AccessRule[] =>
  Object.hasOwn(catalogue, spec.kind) ? (catalogue[spec.kind]?.access(spec, ...rest) ?? []) : [];

/** Where a selector's victims live; undefined for those that live in no namespace. */
const namespaceOf = (selector: Spec): string | undefined => (typeof selector['namespace'] === 'string' ? selector['namespace'] : undefined);

/**
 * What an experiment needs of its site's cluster: targets, faults of all waves, the traffic fence, probes and repairs, undo included.
 * @returns each verb once; none when nothing in the experiment is about a cluster
 */
export function accessNeedsOf(experiment: Experiment): AccessNeed[] {
  const waves = resolveWaves(experiment);
  const steps = Object.values(experiment.runbooks).flatMap((runbook) => runbook.steps);
  const { traffic } = experiment;
  return needsOf([
    ...[experiment.targets, ...waves.map((wave) => wave.targets)].flatMap((selector) => rulesOf(targets, selector)),
    ...waves.flatMap((wave) => rulesOf(faults as Catalogue<[string | undefined]>, wave.fault, namespaceOf(wave.targets))),
    ...Object.values(signalDefinitions(experiment)).flatMap(({ provider }) => rulesOf(providers, provider)),
    ...steps.flatMap(({ remedy }) => rulesOf(remedies, remedy)),
    ...(traffic ? accessToReadRoute(traffic.route) : []),
    ...(traffic?.set === undefined ? [] : accessToSetRoute(traffic.route)),
  ]);
}
