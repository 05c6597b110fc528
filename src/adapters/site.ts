import { join } from 'node:path';
import type { SitePorts } from '../activities/ports.ts';
import type { Records } from '../records/ports.ts';
import { createCommands } from './command/run.ts';
import { createReadiness } from './http/readiness.ts';
import { createHttp } from './http/request.ts';
import { createProbePorts } from './probes/index.ts';
import { createProcesses, openJournal, openSurvivors } from './process/index.ts';
import { createSecrets } from './secrets.ts';

/** Where a site keeps its state and finds its secrets. */
export interface SiteSettings {
  /** The site's name. */
  site: string;
  /** Holds the kill journal and the survivors' guard. Survives the worker; one per machine. */
  stateDir: string;
  secretsDir?: string;
  /** The process's environment, for named secrets and for the commands that it starts. */
  env: NodeJS.ProcessEnv;
}

/** The real world next to the victims. `close` ends its connections. */
export function openSite(
  { site, stateDir, secretsDir, env }: SiteSettings,
  records: Pick<Records, 'appendSamples'>,
): SitePorts & { close(): Promise<void> } {
  const secrets = createSecrets({ site, ...(secretsDir !== undefined && { dir: secretsDir }), env });
  const commands = createCommands(env);
  const processes = createProcesses();
  const [probes, http] = [createProbePorts({ secrets }), createHttp()];
  return {
    site,
    faults: { processes, journal: openJournal(join(stateDir, 'journal')), commands },
    targets: { processes, readiness: createReadiness(http) },
    survivors: openSurvivors(join(stateDir, 'survivors')),
    remedies: { commands, http, secrets },
    probes,
    records,
    async close() {
      http.close();
      await probes.close();
    },
  };
}
