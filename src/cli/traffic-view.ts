import type { Preview } from '../activities/preview.ts';
import { percent } from '../domain/percent.ts';
import type { Fence } from '../domain/traffic/fence.ts';
import { canaryName, routeName } from '../domain/traffic/route.ts';
import { plainText } from './plain-text.ts';
import type { Terminal } from './terminal.ts';

/** A plan's traffic fence: the route, what its canary gets now, the cap, and what will be set. */
export function trafficLines(fence: Fence | undefined, seen: Preview['traffic'], paint: Terminal['paint']): string[] {
  if (!fence) return [];
  const { route, maxShare, set } = fence;
  return [
    '',
    'Traffic',
    `  ${plainText(routeName(route))}  ${plainText(canaryName(route))} ${seen ? nowOf(seen, paint) : paint('yellow', 'not looked at')}`,
    `  at most ${percent(maxShare)}${set === undefined ? '' : `; each live iteration sets ${percent(set)}, and takes it back`}`,
    ...(seen?.unmet ?? []).map(({ why }) => `  ${paint('red', 'in the way')}  ${plainText(why)}`),
  ];
}

function nowOf({ fence: { share, place, unknown } }: NonNullable<Preview['traffic']>, paint: Terminal['paint']): string {
  if (share === undefined) return paint('yellow', `gets nobody knows what: ${plainText(unknown ?? 'nobody told')}`);
  return `gets ${percent(share)} now (${plainText(place ?? '')})`;
}
