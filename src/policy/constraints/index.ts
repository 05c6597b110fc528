import { amounts } from './amounts.ts';
import { consent } from './consent.ts';
import type { ConstraintTable } from './define.ts';
import { places } from './places.ts';
import { times } from './times.ts';

/** Everything that a rule may demand, in the order in which it is told. */
export const constraints: ConstraintTable = { ...places, ...amounts, ...consent, ...times };
