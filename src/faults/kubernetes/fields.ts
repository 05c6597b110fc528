import * as z from 'zod';
import { Duration } from '../../domain/units.ts';

/** An order lives for 15 s, its deed and the look at it included. */
const LONGEST_EFFECT_MS = 10_000;

export const EffectWithin = Duration.refine((ms) => ms <= LONGEST_EFFECT_MS, 'expected 10s at most: an order does not live longer')
  .default(LONGEST_EFFECT_MS)
  .describe('how soon the effect must show in the cluster, or the fault is not proven');

export const DebugImage = z
  .string()
  .min(1)
  .optional()
  .describe('image of a debug container, for images without a shell: it has sh, cat and readlink, such as busybox');
