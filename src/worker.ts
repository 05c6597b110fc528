import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { ApprovalVerifier, ControlPorts } from './activities/ports.ts';
import { maskActivities } from './activities/masking.ts';
import { createControlActivities, createSiteActivities } from './activities/index.ts';
import { createApprovals } from './adapters/approvals.ts';
import { keepAlive } from './adapters/alive.ts';
import { boundArenas } from './adapters/arenas.ts';
import { createChanges } from './adapters/changes/index.ts';
import { readChangeControl } from './adapters/changes/file.ts';
import { boundHeap } from './adapters/heap.ts';
import { createHttp } from './adapters/http/request.ts';
import { createOpa } from './adapters/opa.ts';
import { createPager } from './adapters/pager/index.ts';
import { createSecrets } from './adapters/secrets.ts';
import { openSite } from './adapters/site.ts';
import { bundle } from './bundle.ts';
import type { Config } from './config.ts';
import { deploymentOf } from './deployment.ts';
import { environmentsOf } from './domain/site-environments.ts';
import { createMask, type Mask } from './domain/mask.ts';
import type { PolicySource } from './policy/policy.ts';
import type { RegoPort } from './policy/rego.ts';
import { readPublicKeyFiles } from './records/audit/keys.ts';
import { keepPublishing } from './records/audit/keep-publishing.ts';
import type { Records } from './records/ports.ts';
import { createRecords } from './records/postgres.ts';
import { installJanitor } from './client/schedules.ts';

/** How soon a workflow moves when the worker that cached it died. The default, 10 s, would delay an undo by as much; docs/performance.md tells the price. */
const STICKY_TIMEOUT = '500ms';
/** An activity learns of its cancellation with a heartbeat: this is how late it may be. */
const HEARTBEAT_AT_MOST_EVERY = '200ms';
const SHUTDOWN_GRACE = '3s';
/** Local activities are quick writes to the records; more at once would only queue there. */
const LOCAL_ACTIVITIES = 50;
const DATABASE_CONNECTIONS = 10;
const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/** A worker that runs until it is stopped. */
export interface RunningWorker {
  /** Resolves when everything has ended; rejects when a worker failed. */
  finished: Promise<void>;
  stop(): void;
}

const reaper = fileURLToPath(new URL('./reaper/main.js', import.meta.url));
const prebuilt = fileURLToPath(new URL('./workflow-bundle.js', import.meta.url));
const workflowBundle = async (): Promise<NonNullable<WorkerOptions['workflowBundle']>> =>
  existsSync(prebuilt) ? { codePath: prebuilt } : { code: await bundle() };

/** How Temporal Web names what this process does: `4711@host breakwater all, sites eu-1,eu-2`. The beginning is Temporal's own form. */
const identityOf = ({ role, sites }: Config): string =>
  `${process.pid}@${hostname()} breakwater ${role}${role === 'control' ? '' : `, ${sites.length === 1 ? 'site' : 'sites'} ${sites.join(',')}`}`;

/**
 * Starts the workers of this process: the control queue, the queues of its sites, or both.
 * @param env resolves named secrets; nothing else is read from it
 * @param mask   knows the secrets of the settings, and learns those that are named
 * @throws when Temporal or the records database cannot be reached, or the database URL is missing
 */
export async function startWorker(config: Config, log: Logger, env: NodeJS.ProcessEnv, mask = createMask()): Promise<RunningWorker> {
  if (config.databaseUrl === undefined)
    throw new Error(
      'BREAKWATER_DATABASE_URL is not set: a run that nobody could explain afterwards does not begin. `breakwater up` starts a database for trying out',
    );
  const records = createRecords({ url: config.databaseUrl, maxConnections: DATABASE_CONNECTIONS });
  await records.migrate();
  const { stateDir, secretsDir } = config;
  const settings = {
    stateDir,
    ...(secretsDir !== undefined && { secretsDir }),
    env,
    reaper,
    journalKeepsMs: config.journalKeepsMs,
    mask,
    ...(config.cluster && { cluster: config.cluster }),
  };
  const { siteEnvironments } = config;
  const sites = config.sites.map((site) => {
    const environments = environmentsOf(siteEnvironments, site);
    return openSite({ ...settings, site, ...(environments && { environments }) }, records);
  });
  // all sites of this machine share its state
  if (config.role !== 'control')
    for (const problem of (await sites[0]?.begin()) ?? []) log.error({ problem }, 'a person must look at the state of this site');
  const connection = await NativeConnection.connect(config.temporal.connection);
  const shared: Omit<WorkerOptions, 'taskQueue'> = {
    connection,
    namespace: config.temporal.namespace,
    identity: identityOf(config),
    stickyQueueScheduleToStartTimeout: STICKY_TIMEOUT,
    maxHeartbeatThrottleInterval: HEARTBEAT_AT_MOST_EVERY,
    defaultHeartbeatThrottleInterval: HEARTBEAT_AT_MOST_EVERY,
    shutdownGraceTime: SHUTDOWN_GRACE,
    interceptors: { activity: [maskActivities(mask)] },
  };
  const http = createHttp();
  const direct = createHttp({ maxRedirects: 0 });
  const workers: Worker[] = [];
  let publishing: ReturnType<typeof keepPublishing>;
  if (config.role !== 'site') {
    const pager = createPager(config.pager, secretsOf(config, env, mask));
    publishing = publishCheckpoints(config, records, log);
    const policies = await policiesOf(config, log);
    const activities = createControlActivities({
      records,
      nowMs: () => Date.now(),
      sites: config.sites,
      ...(siteEnvironments && { siteEnvironments }),
      ...(policies && { policies }),
      ...(config.regoBundle !== undefined && { rego: await regoOf(config.regoBundle, log) }),
      ...(config.gitops.publicKeyFiles.length > 0 && { reviewKeys: await reviewKeysOf(config.gitops.publicKeyFiles, log) }),
      ...(config.opaUrl !== undefined && { opa: createOpa(config.opaUrl, http) }),
      ...(config.changeControlFile !== undefined && {
        changes: createChanges(readChangeControl(config.changeControlFile), direct, secretsOf(config, env, mask)),
      }),
      ...(pager && { pager }),
      ...(config.approvalPublicKeys !== undefined && { approvals: await approvalsOf(config.approvalPublicKeys, log) }),
    });
    await keepJanitor(config, new Client({ connection, namespace: config.temporal.namespace }), log);
    workers.push(
      await Worker.create({
        ...shared,
        ...deploymentOf(config),
        taskQueue: config.taskQueue,
        workflowBundle: await workflowBundle(),
        activities,
        maxConcurrentLocalActivityExecutions: LOCAL_ACTIVITIES,
      }),
    );
  }
  if (config.role !== 'control') {
    for (const site of sites)
      workers.push(
        await Worker.create({
          ...shared,
          taskQueue: `${config.taskQueue}.${site.site}`,
          activities: createSiteActivities(site),
          maxConcurrentActivityTaskExecutions: config.slots,
        }),
      );
  }
  const queues = workers.map(({ options }) => options.taskQueue);
  log.info({ queues, temporal: config.temporal.address, namespace: config.temporal.namespace }, 'worker is ready');
  const stop = (): void => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  const runs = workers.map((worker) => worker.run());
  const isWell = (): boolean => workers.every((worker) => worker.getState() === 'RUNNING');
  const noSign = (cause: unknown): void =>
    log.error({ cause: String(cause) }, 'the file that shows that this worker lives cannot be written');
  const alive = config.aliveFile === undefined ? undefined : await keepAlive(config.aliveFile, isWell, noSign);
  const finished = Promise.all(runs)
    .catch((cause: unknown) => {
      stop();
      throw cause;
    })
    .finally(async () => {
      await Promise.allSettled(runs);
      await alive?.stop();
      http.close();
      direct.close();
      await publishing?.stop();
      await Promise.allSettled([...sites.map((site) => site.close()), records.close(), connection.close()]);
    })
    .then(() => undefined);
  return { finished, stop };
}

const secretsOf = ({ secretsDir }: Config, env: NodeJS.ProcessEnv, mask: Mask) =>
  createSecrets({ ...(secretsDir !== undefined && { dir: secretsDir }), env, mask });

/** Loaded when it is wanted: calendars and holidays take some 40 MB. */
async function policiesOf({ policyDir }: Config, log: Logger): Promise<PolicySource | undefined> {
  if (policyDir === undefined) return undefined;
  const source = (await import('./policy/folder.ts')).openPolicies(policyDir);
  await source().catch((cause: unknown) => {
    log.error({ cause: String(cause) }, 'the policies cannot be read: every plan is denied until they can');
  });
  return source;
}

/** Loaded when it is wanted. */
async function regoOf(file: string, log: Logger): Promise<RegoPort> {
  const { readBundle } = await import('./policy/bundle/read.ts');
  await readBundle(file)
    .then(({ unpack }) => unpack())
    .catch((cause: unknown) => log.error({ cause: String(cause) }, 'the Rego bundle cannot be read: every plan is denied until it can'));
  return (await import('./policy/bundle/open.ts')).openRego(file);
}

/** Approvals count no more, and no less, while the keys cannot be read: a worker does everything else. */
async function approvalsOf(file: string, log: Logger): Promise<ApprovalVerifier> {
  const approvals = createApprovals(file);
  const problem = await approvals.problem();
  if (problem !== undefined) log.error({ problem }, 'no approval counts until the public keys can be read');
  return approvals;
}

/** Read anew at each question: a key that is taken out counts no more, and what cannot be read lets no review count. */
async function reviewKeysOf(files: readonly string[], log: Logger): Promise<NonNullable<ControlPorts['reviewKeys']>> {
  const read = (): ReturnType<typeof readPublicKeyFiles> => readPublicKeyFiles(files);
  await read().catch((cause: unknown) => {
    log.error({ cause: String(cause) }, 'no review counts until the public keys of reviews can be read');
  });
  return read;
}

/** A worker works without it, and a person must know what then is not proven. */
function publishCheckpoints({ audit }: Config, records: Records, log: Logger): ReturnType<typeof keepPublishing> {
  const publishing = keepPublishing(records, audit, {
    published: (sequence) => log.debug({ sequence }, 'a checkpoint of the audit log was published'),
    failed: (cause) => log.error({ cause: String(cause) }, 'a checkpoint of the audit log could not be published; it is tried again'),
  });
  if (!publishing)
    log.warn(
      'no checkpoint of the audit log is published outside of the database (BREAKWATER_AUDIT_KEY with BREAKWATER_AUDIT_CHECKPOINTS or BREAKWATER_AUDIT_URL): that its end was cut off could not be proven',
    );
  return publishing;
}

/** A worker works without a janitor, and a person must know that there is none. */
async function keepJanitor({ janitorEveryMs, taskQueue }: Config, client: Client, log: Logger): Promise<void> {
  if (janitorEveryMs === undefined) return;
  await installJanitor(client, taskQueue, janitorEveryMs).catch((cause: unknown) => {
    log.warn(
      { cause: String(cause) },
      'the schedule of the janitor could not be installed; `breakwater janitor --install` does it by hand',
    );
  });
}

/** The SDK logs why an activity failed: in our log, with its level and its mask, and not beside it. */
const sdkLog = (log: Logger): DefaultLogger =>
  new DefaultLogger('TRACE', ({ level, message, meta: { error, ...meta } = {} }) => {
    log[LEVELS[level]]({ ...meta, ...(error !== undefined && { err: error }) }, message);
  });

/** Runs until SIGINT or SIGTERM; then finishes what is under way or hands it back to Temporal. */
export async function runWorker(config: Config, log: Logger, env: NodeJS.ProcessEnv, mask?: Mask): Promise<void> {
  await boundArenas(env);
  boundHeap(process.execArgv);
  Runtime.install({ shutdownSignals: [], logger: sdkLog(log) });
  const { finished, stop } = await startWorker(config, log, env, mask);
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      log.info({ signal }, 'stopping');
      stop();
    });
  await finished;
}
