import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createCommands } from '../adapters/command/run.ts';
import { noCluster } from '../adapters/kubernetes/absent.ts';
import { openKubernetes } from '../adapters/kubernetes/index.ts';
import { savedCluster } from '../adapters/kubernetes/settings-file.ts';
import { tidyLeases } from '../adapters/leases/index.ts';
import { LEASES } from '../adapters/leases/names.ts';
import { reaperFolder, RECORD, recordOf } from '../adapters/leases/reaper-process.ts';
import { ClaimHeld, withClaim } from '../adapters/process/claims.ts';
import { createProcesses, openJournal } from '../adapters/process/index.ts';
import { sourceFor } from '../adapters/process/platform.ts';
import { writeWhole } from '../adapters/process/write-file.ts';
import { log } from './log.ts';
import { Reaper } from './serve.ts';
import { createUndo } from './undo.ts';

/** A worker's attempt at the same order is waited for so long, milliseconds. */
const PATIENCE_MS = 1_000;
const DAY_MS = 86_400_000;

/**
 * The reaper, `node reaper/main.js STATE_DIR`: undoes reversible faults whose lease nobody renews. Started by workers, and independent of them.
 * One works per state folder; it leaves by itself when there has been nothing to watch over for a few seconds.
 */
async function main(stateDir: string): Promise<void> {
  const source = sourceFor(process.platform);
  const me = source.vitals(process.pid)?.identity;
  if (!me) throw new Error(`this process (pid ${process.pid}) cannot be read`);
  const [dir, folder] = [join(stateDir, LEASES), reaperFolder(stateDir, source)];
  for (const each of [dir, folder]) await mkdir(each, { recursive: true, mode: 0o700 });
  await tidyLeases(stateDir, DAY_MS);

  const leaving = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => leaving.abort());
  process.on('SIGHUP', () => undefined); // a terminal that is closed is no reason to go

  const cluster = await savedCluster(stateDir);
  const ports = {
    processes: createProcesses(source),
    journal: openJournal(join(stateDir, 'journal'), source, PATIENCE_MS),
    commands: createCommands(process.env),
    kubernetes: cluster ? openKubernetes(cluster) : noCluster('of this reaper'),
    floor: { refusal: () => Promise.resolve('a reaper undoes and does nothing else') },
  };
  const undo = createUndo(ports, me.bootId);
  const reaper = new Reaper({ dir, me, pidNamespace: source.pidNamespace(), undo, log, leaving: leaving.signal });
  const record = join(folder, RECORD);
  const serve = async (): Promise<void> => {
    await writeWhole(record, recordOf(me), 'replace');
    log('up', { stateDir });
    await reaper.serve().finally(() => rm(record, { force: true }));
  };
  // A record that came while it was leaving is seen either by this second look or by its worker, which sees no reaper and starts another.
  do await withClaim(folder, source, 0, new AbortController().signal, serve);
  while (!leaving.signal.aborted && (await reaper.hasMore()));
  log('done');
}

const [, , stateDir] = process.argv;
try {
  if (stateDir === undefined) throw new Error('usage: node reaper/main.js STATE_DIR; workers start it by themselves');
  await main(resolve(stateDir));
  process.exitCode = 0;
} catch (error) {
  const isAnother = error instanceof ClaimHeld;
  log(isAnother ? 'another reaper is in charge' : 'ended', isAnother ? {} : { reason: (error as Error).stack });
  process.exitCode = isAnother ? 0 : 1;
}
process.exit();
