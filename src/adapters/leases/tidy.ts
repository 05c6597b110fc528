import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LEASES, namesWith, placeOfName, renewalOf } from './names.ts';
import { filesIn } from './records.ts';

/** Removes what ended leases have left and nobody has collected. An undo record, and what belongs to it, is never removed by age. */
export async function tidyLeases(stateDir: string, olderThanMs: number): Promise<void> {
  const dir = join(stateDir, LEASES);
  const files = await filesIn(dir);
  const held = namesWith(files, 'lease');
  const leftByLeases = files.filter((file) => !held.some((name) => file.startsWith(`${name}.`) || file === renewalOf(placeOfName(name))));
  for (const file of leftByLeases) {
    const { mtimeMs } = await stat(join(dir, file)).catch(() => ({ mtimeMs: Infinity }));
    if (Date.now() - mtimeMs > olderThanMs) await rm(join(dir, file), { force: true });
  }
}
