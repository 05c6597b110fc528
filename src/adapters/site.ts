import { join } from 'node:path';
import type { SitePorts } from '../activities/ports.ts';
import type { Records } from '../records/ports.ts';
import type { Mask } from '../domain/mask.ts';
import { faults } from '../faults/index.ts';
import { createCommands, inheritedBy } from './command/run.ts';
import { createReadiness } from './http/readiness.ts';
import { createHttp } from './http/request.ts';
import { noCluster } from './kubernetes/absent.ts';
import { openKubernetes, type ClusterSettings } from './kubernetes/index.ts';
import { saveCluster } from './kubernetes/settings-file.ts';
import { openLeases, tidyLeases } from './leases/index.ts';
import { createProbePorts } from './probes/index.ts';
import { createProcesses, openJournal, openSurvivors, pruneJournal } from './process/index.ts';
import { createSecrets } from './secrets.ts';

/** Where a site keeps its state and finds its secrets. */
export interface SiteSettings {
  /** The site's name. */
  site: string;
  /** Environments that it holds. Absent: nobody said. */
  environments?: readonly string[];
  /** Holds the kill journal, the leases and the survivors' guard. Survives the worker; one per machine. */
  stateDir: string;
  secretsDir?: string;
  /** The process's environment, for named secrets and for the commands that it starts. */
  env: NodeJS.ProcessEnv;
  /** The compiled program of the reaper. */
  reaper: string;
  /** Orders that are closed are forgotten after this. */
  journalKeepsMs: number;
  /** Absent: the site has no cluster. */
  cluster?: ClusterSettings;
  /** Learns the secrets of the site, and keeps them out of what its probes say. */
  mask?: Mask;
}

/** A site that was opened. */
export interface OpenSite extends SitePorts {
  /**
   * What a worker owes its site before it serves: a reaper for the leases that it finds, and a tidy journal.
   * @returns what a person should know
   */
  begin(): Promise<string[]>;
  /** Ends its connections. */
  close(): Promise<void>;
}

/** What an ended lease leaves for the guard to see is collected by the run; a run that is gone collects nothing. */
const LEASE_REMAINS_MS = 86_400_000;
const REAPER_WITHIN_MS = 15_000;

/** The floor is checked by the activity that carries orders out; a deed that comes any other way is refused. */
const uncheckedFloor = { refusal: () => Promise.resolve('nobody checks the survivor floor here') };

/** Where a pod finds its API server: the reaper needs it too. */
const inClusterAddress = ({ KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port }: NodeJS.ProcessEnv): Record<string, string> =>
  host === undefined || port === undefined ? {} : { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port };

/** The real world next to the victims. */
export function openSite(
  { site, environments, stateDir, secretsDir, env, reaper, journalKeepsMs, cluster, mask }: SiteSettings,
  records: Pick<Records, 'appendSamples'>,
): OpenSite {
  const secrets = createSecrets({ site, ...(secretsDir !== undefined && { dir: secretsDir }), env, ...(mask && { mask }) });
  const commands = createCommands(env, mask?.hide);
  const processes = createProcesses();
  const leases = openLeases(stateDir, { entry: reaper, env: { ...inheritedBy(env), ...inClusterAddress(env) } });
  const kubernetes = cluster ? openKubernetes(cluster) : noCluster(site);
  const [probes, http] = [createProbePorts({ secrets, kubernetes, ...(mask && { hide: mask.hide }) }), createHttp()];
  return {
    site,
    ...(environments && { environments }),
    faults: { processes, journal: openJournal(join(stateDir, 'journal')), commands, kubernetes, floor: uncheckedFloor },
    targets: { processes, readiness: createReadiness(http), kubernetes },
    survivors: openSurvivors(join(stateDir, 'survivors')),
    leases,
    remedies: { commands, http, secrets, kubernetes },
    probes,
    records,
    async begin() {
      const isReversible = (kind: string) => faults[kind as keyof typeof faults]?.reversible ?? true;
      const { problems } = await pruneJournal(join(stateDir, 'journal'), journalKeepsMs, isReversible);
      await tidyLeases(stateDir, LEASE_REMAINS_MS);
      await saveCluster(stateDir, cluster);
      const unreadable = await leases.unreadable();
      if ((await leases.list()).length === 0) return [...problems, ...unreadable];
      const failure = await leases.ensureReaper(AbortSignal.timeout(REAPER_WITHIN_MS)).then(
        () => [],
        (error: Error) => [`there are leases and nobody enforces them: ${error.message}`],
      );
      return [...problems, ...unreadable, ...failure];
    },
    async close() {
      http.close();
      await probes.close();
    },
  };
}
