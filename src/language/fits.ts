import type { Experiment } from '../domain/experiment/experiment.ts';
import { faults } from '../faults/index.ts';

/** A problem with its place, as zod takes it. */
export interface Misfit {
  code: 'custom';
  path: (string | number)[];
  input: unknown;
  message: string;
  params: { options: readonly string[] };
}

/** Where a fault cannot be done to what the file aims at: an order like that would be refused at the target, when a wave is under way. */
export function misfits({ fault, targets, waves }: Pick<Experiment, 'fault' | 'targets' | 'waves'>): Misfit[] {
  const found = waves.flatMap((wave, i): Misfit[] => {
    const [done, aimed] = [wave.fault ?? fault, wave.targets ?? targets];
    const kinds: readonly string[] = faults[done.kind as keyof typeof faults]?.targets ?? [];
    if (kinds.length === 0 || kinds.includes(aimed.kind)) return [];
    const place = wave.targets ? ['waves', i, 'targets', 'kind'] : wave.fault ? ['waves', i, 'fault', 'kind'] : ['fault', 'kind'];
    const isAim = wave.targets !== undefined;
    return [
      {
        code: 'custom',
        path: place,
        input: isAim ? aimed.kind : done.kind,
        message: `fault ${done.kind} is done to ${kinds.join(' or ')}, and wave ${wave.name} aims at ${aimed.kind}`,
        params: { options: isAim ? kinds : [] },
      },
    ];
  });
  return found.filter(({ path }, i) => found.findIndex((other) => other.path.join('.') === path.join('.')) === i);
}
