import { randomUUID, type KeyObject } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import { createControlActivities } from '../../../src/activities/index.ts';
import type { ChangeControl } from '../../../src/activities/change-port.ts';
import type { ApprovalVerifier, Pager } from '../../../src/activities/ports.ts';
import { deploymentOf } from '../../../src/deployment.ts';
import { BreakwaterClient, type RunResult, type StartOptions } from '../../../src/client.ts';
import { ledgerId } from '../../../src/domain/ledger/names.ts';
import type { SiteEnvironments } from '../../../src/domain/site-environments.ts';
import type { RunInput } from '../../../src/domain/run.ts';
import type { PolicySource } from '../../../src/policy/policy.ts';
import type { RegoPort } from '../../../src/policy/rego.ts';
import { createMemoryRecords } from '../../../src/records/memory.ts';
import type { Records } from '../../../src/records/ports.ts';
import { temporalAddress } from '../../support/addresses.ts';
import { replayProblems } from '../../support/replays.ts';
import { experimentDocument } from './document.ts';
import { FakeSite } from './fake-site.ts';

/** What a whole suite shares: one connection, one bundle. */
export interface Theatre {
  client: Client;
  connection: NativeConnection;
  workflowBundle: { code: string };
  /** The server's clock, where it is not the machine's. */
  currentTimeMs?: () => Promise<number>;
  close(): Promise<void>;
}

const pathOf = (file: string): string => fileURLToPath(new URL(`../../../src/workflows/${file}`, import.meta.url));

/** Bundles the workflows from their source, as the worker does without a prebuilt bundle. */
export async function bundleFromSource(): Promise<{ code: string }> {
  const logger = new DefaultLogger('ERROR');
  const { code } = await bundleWorkflowCode({ workflowsPath: pathOf('index.ts'), payloadConverterPath: pathOf('payloads.ts'), logger });
  return { code };
}

/** Keeps the SDK's warnings out of the test's output: what is expected to fail is logged there. */
export const quietRuntime = (): void => {
  Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined), telemetryOptions: { logging: { forward: {}, filter: 'OFF' } } });
};

/** Ends what `quietRuntime` has begun: a runtime that no worker has used keeps its process alive. */
export const endRuntime = (): Promise<void> => Runtime.instance().shutdown();

/** Opens the shared Temporal server. */
export async function openTheatre(address = temporalAddress()): Promise<Theatre> {
  quietRuntime();
  const [connection, clientConnection, workflowBundle] = await Promise.all([
    NativeConnection.connect({ address }),
    Connection.connect({ address }),
    bundleFromSource(),
  ]);
  const close = async (): Promise<void> => {
    await clientConnection.close();
    await connection.close();
  };
  return { client: new Client({ connection: clientConnection }), connection, workflowBundle, close };
}

/** One test: a task queue of its own, a fake site, real control activities on records in memory. */
export interface Stage {
  taskQueue: string;
  site: FakeSite;
  records: Records;
  client: BreakwaterClient;
  /** Starts a run by the client's door. */
  start(document?: Record<string, unknown>, options?: Partial<StartOptions>): Promise<string>;
  /** Starts a run straight by Temporal, past the client's checks. */
  startRaw(input: unknown): Promise<WorkflowHandle>;
  verdict(workflowId: string): Promise<RunResult>;
}

export interface StageOptions {
  site?: FakeSite;
  records?: Records;
  nowMs?: () => number;
  pager?: Pager;
  /** Without it, approvals are claims. */
  approvals?: ApprovalVerifier;
  policies?: PolicySource;
  changes?: ChangeControl;
  siteEnvironments?: SiteEnvironments;
  rego?: RegoPort;
  reviewKeys?: () => Promise<readonly KeyObject[]>;
  /** Default: one of its own. */
  taskQueue?: string;
  /** The control worker polls as this version of Temporal's worker versioning. */
  buildId?: string;
  /** Every workflow task replays all before it, as if each met a worker that was just started. Not for runs: the SDK loses their local activities then. */
  isForgetful?: boolean;
}

/**
 * Raises a stage, plays on it, and takes it down: workers are gone afterwards whatever happened. What the test started must replay.
 */
export async function onStage<T>(
  { client, connection, workflowBundle, currentTimeMs }: Omit<Theatre, 'close'>,
  play: (stage: Stage) => Promise<T>,
  options: StageOptions = {},
): Promise<T> {
  const {
    site = new FakeSite(),
    records = createMemoryRecords(),
    nowMs = () => Date.now(),
    pager,
    approvals,
    policies,
    changes,
    siteEnvironments,
    rego,
    reviewKeys,
    taskQueue = `test-${randomUUID()}`,
    isForgetful = false,
    buildId,
  } = options;
  const control = createControlActivities({
    records,
    nowMs,
    sites: ['local'],
    ...(pager && { pager }),
    ...(approvals && { approvals }),
    ...(policies && { policies }),
    ...(changes && { changes }),
    ...(siteEnvironments && { siteEnvironments }),
    ...(rego && { rego }),
    ...(reviewKeys && { reviewKeys }),
  });
  const shared: Omit<WorkerOptions, 'taskQueue'> = {
    connection,
    stickyQueueScheduleToStartTimeout: '1s',
    maxHeartbeatThrottleInterval: '200ms',
    defaultHeartbeatThrottleInterval: '200ms',
    shutdownGraceTime: '100ms',
    shutdownForceTime: '5s',
  };
  const versioned = buildId === undefined ? {} : deploymentOf({ taskQueue, buildId });
  const workers = [
    await Worker.create({
      ...shared,
      ...versioned,
      taskQueue,
      workflowBundle,
      activities: control,
      ...(isForgetful && { maxCachedWorkflows: 0 }),
    }),
    await Worker.create({ ...shared, taskQueue: `${taskQueue}.local`, activities: site.activities }),
  ] as const;
  const door = new BreakwaterClient(client, taskQueue);
  const verdict = async (workflowId: string): Promise<RunResult> => (await door.waitForVerdict(workflowId)) as RunResult;
  const started: string[] = [];
  const stage: Stage = {
    taskQueue,
    site,
    records,
    client: door,
    verdict,
    start: async (document = experimentDocument(), more = {}) => {
      const { workflowId } = await door.startExperiment({
        document,
        requestedBy: 'ann',
        seed: 7,
        ...(currentTimeMs && { issuedAtMs: await currentTimeMs() }),
        ...more,
      });
      started.push(workflowId);
      return workflowId;
    },
    startRaw: (input) => client.workflow.start('experiment', { taskQueue, workflowId: `raw.${randomUUID()}`, args: [input as RunInput] }),
  };
  // A ledger lives for ever: without its worker it would keep a server that skips time from skipping any more.
  const endLedger = () =>
    client.workflow
      .getHandle(ledgerId('staging', taskQueue))
      .terminate('the stage is over')
      .catch(() => undefined);
  const played = await workers[0].runUntil(workers[1].runUntil(play(stage).finally(endLedger)));
  expect(await replayProblems(client, workflowBundle, started)).toEqual([]);
  return played;
}
