import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Files that belong to the reaper itself, such as its claim, and not to a fault. */
const isReapers = (path: string): boolean => basename(path).includes('reaper') || path.endsWith('.log');

const files = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
    : [];

/** What the leases at the target still hold: the paths of their records. Nothing where this build keeps none. */
export const leasesLeft = (stateDir: string): string[] => files(join(stateDir, 'leases')).filter((path) => !isReapers(path));

/** The process that enforces the leases, by the claim that it writes. @throws Error when there is none */
export function reaperPid(stateDir: string): number {
  for (const file of files(join(stateDir, 'leases')).filter(isReapers)) {
    const pid = /"pid":\s*(\d+)/.exec(readFileSync(file, 'utf8'))?.[1];
    if (pid !== undefined) return Number(pid);
  }
  throw new Error(`no reaper has a claim in ${join(stateDir, 'leases')}`);
}
