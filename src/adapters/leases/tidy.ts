import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LEASES } from './names.ts';
import { filesIn } from './records.ts';

/** Removes what ended leases have left and nobody has collected. An undo record is never removed by age. */
export async function tidyLeases(stateDir: string, olderThanMs: number): Promise<void> {
  const dir = join(stateDir, LEASES);
  const leftByLeases = (await filesIn(dir)).filter((file) => !file.endsWith('.lease.json') && !file.endsWith('.stuck.json'));
  for (const file of leftByLeases) {
    const { mtimeMs } = await stat(join(dir, file)).catch(() => ({ mtimeMs: Infinity }));
    if (Date.now() - mtimeMs > olderThanMs) await rm(join(dir, file), { force: true });
  }
}
