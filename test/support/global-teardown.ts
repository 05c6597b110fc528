import { rm } from 'node:fs/promises';
import type { RunningServer } from '../../src/sandbox/servers/running-server.ts';

/** What the set-up started, for the tear-down to stop. */
export interface SharedServers {
  dir: string;
  servers: RunningServer[];
}

/** Stops what the set-up started and removes its data. */
export default async function stopShared(): Promise<void> {
  const { breakwaterTestServers: shared } = globalThis as typeof globalThis & { breakwaterTestServers?: SharedServers };
  if (!shared) return;
  await Promise.all(shared.servers.map((server) => server.stop()));
  await rm(shared.dir, { recursive: true, force: true });
}
