import { readFileSync } from 'node:fs';

/** uid → name from `/etc/passwd`. Users of a directory service are not in it: a file selects those by uid. */
export function readUserNames(path = '/etc/passwd'): Map<number, string> {
  const rows = readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  return new Map(rows.flatMap(([name, , uid]): [number, string][] => (name && uid && /^\d+$/.test(uid) ? [[Number(uid), name]] : [])));
}
