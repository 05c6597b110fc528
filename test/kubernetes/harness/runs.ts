import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import { accessNeedsOf } from '../../../src/activities/access-rules.ts';
import { BreakwaterClient } from '../../../src/client.ts';
import type { AccessNeed } from '../../../src/domain/kubernetes/access.ts';
import type { RunResult, RunState } from '../../../src/domain/run.ts';
import { parseDocument } from '../../../src/language/experiment.ts';
import { WorkerProcess, type WorkerPlace } from '../../crash/harness/worker.ts';
import { databaseUrl, temporalAddress } from '../../support/addresses.ts';
import { kubeconfigAllowed } from '../../support/allowed.ts';
import { freshDir, freshNamespace, kubectl } from '../../support/cluster.ts';
import { ApiProxy } from './api-proxy.ts';

/** Pods with the label app=web are hit and watched; there must be three before and after. */
export const documentOn = (namespace: string, name: string, changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  apiVersion: 'breakwater.dev/v1',
  kind: 'Experiment',
  metadata: { name, owner: 'shop', service: namespace, environment: namespace },
  hypothesis: 'a pod of the shop that goes away is replaced, and nobody notices',
  probes: {
    ready: { provider: { kind: 'kubernetes-pods', namespace, selector: 'app=web', metric: 'ready' }, every: '500ms', timeout: '5s' },
  },
  steadyState: [{ probe: 'ready', tolerance: { atLeast: 3 } }],
  stopConditions: [{ probe: 'ready', below: 1 }],
  targets: { kind: 'pod', namespace, selector: 'app=web' },
  fault: { kind: 'pod-delete', gracePeriod: '0s' },
  blastRadius: { maxVictims: 1, survivorsAtLeast: 1, coolDown: '0s' },
  timing: { baseline: '500ms', hold: '2s', recoverWithin: '40s', stableFor: '500ms' },
  guard: { maxBlind: '15s', maxConsecutiveErrors: 50 },
  waves: [{ name: 'dry-run', dryRun: true }, { name: 'single' }],
  ...changes,
});

/** Runs in a namespace of the cluster: a real worker, which may do what its experiment needs and reaches the API server over a proxy. */
export class Runs {
  private client: BreakwaterClient | undefined;
  private worker: WorkerProcess | undefined;
  private place: WorkerPlace | undefined;
  private constructor(
    readonly namespace: string,
    readonly proxy: ApiProxy,
  ) {}

  static async open(name: string): Promise<Runs> {
    const namespace = await freshNamespace(name);
    await kubectl('annotate', 'namespace', namespace, 'breakwater.dev/enabled=true');
    return new Runs(namespace, await ApiProxy.open());
  }

  here = (...args: string[]): Promise<string> => kubectl('--namespace', this.namespace, ...args);

  /** Starts a worker that may do what the document needs, without `but`, and the run. @returns its id */
  async start(document: Record<string, unknown>, but: (need: AccessNeed) => boolean = () => false): Promise<string> {
    await this.stopWorker();
    const needs = accessNeedsOf(parseDocument(document)).filter((need) => !but(need));
    const taskQueue = `runs-${randomUUID().slice(0, 8)}`;
    const dir = await freshDir(taskQueue);
    const rules = needs.map(({ verb, ...rest }) => ({ ...rest, verbs: [verb] }));
    const config = parse(await readFile(await kubeconfigAllowed(this.namespace, rules), 'utf8')) as { clusters: { cluster: object }[] };
    for (const each of config.clusters) each.cluster = { server: this.proxy.url, 'insecure-skip-tls-verify': true };
    await writeFile(join(dir, 'kubeconfig'), stringify(config), { mode: 0o600 });
    const env = { BREAKWATER_KUBECONFIG: join(dir, 'kubeconfig') };
    this.place = { dir, taskQueue, temporalAddress: temporalAddress(), databaseUrl: databaseUrl(), env };
    await this.startWorker();
    this.client = await BreakwaterClient.connect({ connection: { address: temporalAddress() }, taskQueue });
    return (await this.client.startExperiment({ document, requestedBy: 'ann', seed: 7 })).workflowId;
  }

  async verdict(id: string): Promise<RunResult> {
    const result = await this.client?.waitForVerdict(id, 120_000);
    if (!result) throw new Error(`run ${id} has no verdict after two minutes`);
    return result;
  }

  status = (id: string): Promise<RunState> => this.client!.status(id);
  approve = (id: string, digest: string) => this.client!.approve(id, { by: 'bob', digest });

  /** kill -9, and another one in its place. */
  async crash(): Promise<void> {
    this.worker?.kill();
    await this.startWorker();
  }

  /** kill -9 without another one. */
  kill = (): void => this.worker?.kill();

  async startWorker(): Promise<void> {
    this.worker = await WorkerProcess.start(this.place!, `worker-${randomUUID().slice(0, 4)}`);
  }

  private async stopWorker(): Promise<void> {
    await this.worker?.stop();
    await this.client?.close();
    this.proxy.trouble = {};
    this.proxy.asked.length = 0;
  }

  async close(): Promise<void> {
    await this.stopWorker();
    this.proxy.close();
    await kubectl('delete', 'namespace', this.namespace, '--wait=false');
  }

  /** UIDs of the living pods, by name. */
  async pods(): Promise<Record<string, string>> {
    const list = await this.here(
      'get',
      'pods',
      '-l',
      'app=web',
      '-o',
      'jsonpath={range .items[*]}{.metadata.name} {.metadata.uid}{"\\n"}{end}',
    );
    return Object.fromEntries(
      list
        .trim()
        .split('\n')
        .filter(Boolean)
        .map((line) => line.split(' ') as [string, string]),
    );
  }
}

/** Waits until it is so, at most a minute. */
export async function until(what: string, isSo: () => Promise<boolean> | boolean): Promise<void> {
  const untilMs = Date.now() + 60_000;
  while (!(await isSo())) {
    if (Date.now() > untilMs) throw new Error(`in a minute it was not so: ${what}`);
    await sleep(50);
  }
}
