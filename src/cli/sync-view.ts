import type { Change, SyncAction } from '../gitops/change.ts';
import type { SyncReport } from '../gitops/sync.ts';
import { plainText } from './plain-text.ts';
import type { Terminal } from './terminal.ts';

type Paint = Terminal['paint'];

const SIGNS: Record<SyncAction, [sign: string, colour: Parameters<Paint>[0], words: string]> = {
  create: ['+', 'green', 'created'],
  change: ['~', 'yellow', 'changed'],
  prune: ['-', 'red', 'pruned'],
  stale: ['!', 'yellow', 'no more in the checkout; --prune takes it away'],
  foreign: ['!', 'yellow', 'not from this checkout; left alone'],
  unchanged: [' ', 'dim', 'unchanged'],
};

const told = (text: string): string => plainText(text).slice(0, 200);

function changeLines({ kind, name, action, path, differences, drift, review }: Change, paint: Paint): string[] {
  const [sign, colour, words] = SIGNS[action];
  return [
    `${paint(colour, sign)} ${kind.replace(/ies$/, 'y').replace(/s$/, '')} ${told(name)}: ${words}${path === undefined ? '' : paint('dim', ` (${told(path)})`)}`,
    ...(drift === undefined ? [] : [`    ${paint('yellow', 'drift')} ${told(drift)}`]),
    ...differences.map(({ path: place, before, after }) => {
      if (before === undefined && after === undefined) return `    ${told(place)}`;
      return `    ${told(place)}: ${paint('red', told(before ?? 'nothing'))} → ${paint('green', told(after ?? 'nothing'))}`;
    }),
    ...(review === undefined ? [] : [`    ${told(review)}`]),
  ];
}

const count = (changes: readonly Change[], ...actions: SyncAction[]): number =>
  changes.filter(({ action }) => actions.includes(action)).length;

/** What would be done, or was: what differs in full, what does not in one line. */
export function syncLines(
  { changes, commit, branch, managedBy, uncommitted, ignored, notes }: SyncReport,
  isApplied: boolean,
  paint: Paint,
): string[] {
  const told = changes.filter(({ action, drift }) => action !== 'unchanged' || drift !== undefined);
  const [created, changed, pruned] = [count(changes, 'create'), count(changes, 'change'), count(changes, 'prune')];
  const left = count(changes, 'stale', 'foreign');
  return [
    `sync ${plainText(managedBy)} at ${commit.slice(0, 12)}${branch === undefined ? '' : ` (${plainText(branch)})`}${uncommitted.length > 0 ? `, ${uncommitted.length} files not committed` : ''}`,
    ...told.flatMap((change) => changeLines(change, paint)),
    ...notes.map((note) => paint('yellow', plainText(note))),
    ...(ignored.length > 0
      ? [paint('dim', `${ignored.length} files are none of Breakwater's: ${plainText(ignored.slice(0, 5).join(', '))}`)]
      : []),
    `${isApplied ? 'done' : 'plan'}: ${created} created, ${changed} changed, ${pruned} pruned, ${count(changes, 'unchanged')} unchanged${left > 0 ? `, ${left} left as they are` : ''}`,
  ];
}
