import type { Spec } from '../domain/order.ts';
import type { Population } from '../domain/target.ts';
import { targets } from '../targets/index.ts';
import type { TargetPorts } from '../targets/ports.ts';
import { refuse } from './refuse.ts';

/**
 * Finds who a selector means, now, and who of them is ready.
 * @throws ApplicationFailure UnknownTarget; Error when the system cannot be looked at
 */
export const discover = async (spec: Spec, site: string, ports: TargetPorts, signal: AbortSignal): Promise<Population> => {
  const kind = targets[spec.kind as keyof typeof targets] as
    { discover(...args: [Spec, TargetPorts, string, AbortSignal]): Promise<Population> } | undefined;
  if (!kind) throw refuse('UnknownTarget', `no target kind '${spec.kind}'; there are ${Object.keys(targets).join(', ')}`);
  return kind.discover(spec, ports, site, signal);
};

/** Those of a population that live and are ready. */
export const readyOf = ({ targets: all, unready }: Population): Population['targets'] => {
  const away = new Set(unready.map(({ id }) => id));
  return all.filter(({ id }) => !away.has(id));
};
