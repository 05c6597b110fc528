import type { ReadyRule } from '../compile.ts';
import type { Facts, WaveFacts } from '../facts.ts';
import type { Constraints } from '../schema.ts';

/** What a constraint has against a wave. `value` and `limit` are for people. */
export interface Objection {
  value?: string;
  limit?: string;
  reason: string;
}

export type ConstraintName = keyof Constraints;

/** Judges one wave by one constraint. Undefined: nothing against it. What it throws denies. */
export type Constraint<K extends ConstraintName> = (
  limit: NonNullable<Constraints[K]>,
  facts: Facts,
  wave: WaveFacts,
  rule: ReadyRule,
) => Objection | undefined;

export type ConstraintTable = { [K in ConstraintName]: Constraint<K> };
