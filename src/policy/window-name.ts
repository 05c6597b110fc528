import type * as z from 'zod';
import type { Window } from '../domain/experiment/metadata.ts';
import { describeWindow } from '../domain/window.ts';
import type { Recurring } from './schema.ts';

/** The words for a window, for messages. */
export const windowName = (one: Window | z.infer<typeof Recurring>): string =>
  'rrule' in one ? (one.name ?? `${one.rrule} ${one.zone}`) : describeWindow(one);
