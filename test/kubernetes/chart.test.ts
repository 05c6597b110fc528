import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BreakwaterClient } from '../../src/client.ts';
import { CHART, describeWithHelm, program } from '../deploy/helm.ts';
import { createDatabase, sql } from '../records/database.ts';
import { temporalAddress } from '../support/addresses.ts';
import { BREAKWATER_IMAGE, loadBreakwaterImage } from '../support/breakwater-image.ts';
import { apply, describeWithCluster, freshNamespace, kubeconfig, kubectl } from '../support/cluster.ts';
import { openDoor, type Door } from '../support/door.ts';
import { deployment } from '../support/manifests.ts';
import { documentOn } from './harness/runs.ts';

const run = promisify(execFile);
const TASK_QUEUE = 'installed';
const SITE = 'shop-1';
const resources = { requests: { cpu: '10m', memory: '64Mi' } };

describeWithHelm('the chart', () => {
  describeWithCluster('installed on a real cluster', () => {
    let [namespace, shop, folder, volume] = ['', '', '', ''];
    let doors: Door[] = [];
    let database: Awaited<ReturnType<typeof createDatabase>>;
    let client: BreakwaterClient;

    const helm = async (command: string, ...args: string[]): Promise<string> => {
      const called = run(program, [command, 'chaos', ...args, '--namespace', namespace, '--kubeconfig', kubeconfig()], {
        timeout: 240_000,
      });
      called.child.stdin?.end(JSON.stringify(values()));
      return (await called).stdout;
    };
    const values = () => ({
      image: { api: BREAKWATER_IMAGE, worker: BREAKWATER_IMAGE, pullPolicy: 'Never' },
      temporal: { address: `${doors[0]?.host}:${doors[0]?.port}`, taskQueue: TASK_QUEUE },
      database: { secretName: 'records' },
      api: { replicas: 1, tokenSecret: { name: 'api' }, resources },
      control: { replicas: 1, resources },
      siteWorker: { resources },
      sites: [{ name: SITE, namespaces: [shop], targets: ['pod'], faults: ['pod-delete'], probes: ['kubernetes-pods'] }],
    });
    /** The site keeps its journal on a volume; this cluster makes none by itself. */
    const persistentVolume = () => ({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: volume },
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce'],
        hostPath: { path: folder },
        claimRef: { namespace, name: `state-chaos-breakwater-site-${SITE}-0` },
      },
    });

    beforeAll(async () => {
      await loadBreakwaterImage();
      [namespace, shop, database] = await Promise.all([freshNamespace('chart'), freshNamespace('shop'), createDatabase()]);
      await kubectl('annotate', 'namespace', shop, 'breakwater.dev/enabled=true');
      folder = await mkdtemp(join(tmpdir(), 'breakwater-chart-'));
      await chmod(folder, 0o777); // the worker is nobody special
      volume = `state-${namespace}`;
      const url = new URL(database.url);
      doors = await Promise.all([temporalAddress().split(':')[1], url.port].map((port) => openDoor(Number(port))));
      url.host = `${doors[1]!.host}:${doors[1]!.port}`;
      const secret = (name: string, stringData: object) => ({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name, namespace },
        stringData,
      });
      await apply(
        persistentVolume(),
        deployment(shop, 'web', 3),
        secret('records', { url: url.href }),
        secret('api', { token: 'the-token-of-the-chart-test' }),
      );
      client = await BreakwaterClient.connect({ connection: { address: temporalAddress() }, taskQueue: TASK_QUEUE });
      await helm('install', CHART, '--values', '-', '--wait', '--timeout', '200s');
    }, 400_000);
    afterAll(async () => {
      await client?.close();
      await helm('uninstall', '--wait', '--timeout', '60s').catch(() => undefined); // where the installation failed there may be nothing
      await kubectl('delete', 'namespace', namespace, shop, '--wait=false');
      await kubectl('delete', 'persistentvolume', volume, '--wait=false');
      for (const door of doors) door.close();
      await database?.drop();
      await rm(folder, { recursive: true, force: true });
    }, 120_000);

    test('helm test: the doctor of the release misses nothing', async () => {
      expect(await helm('test', '--logs', '--timeout', '120s')).toMatch(/Phase:\s+Succeeded/);
    }, 150_000);

    test('an experiment is run by it, under the Roles that the chart made: a pod is deleted and replaced', async () => {
      const { workflowId } = await client.startExperiment({
        document: { ...documentOn(shop, 'installed'), site: SITE },
        requestedBy: 'ann',
      });
      const result = await client.waitForVerdict(workflowId, 120_000);
      expect(result).toMatchObject({ verdict: 'passed', leftovers: [], victims: [{ injection: { effect: { proven: true } } }] });
      expect(await sql(database.url, `SELECT verdict FROM breakwater.runs WHERE workflow_id = '${workflowId}'`)).toEqual([
        { verdict: 'passed' },
      ]);
    }, 150_000);

    test('its CronJob can thin the records: a Job that is made from it completes', async () => {
      await kubectl('create', 'job', 'thin', '--namespace', namespace, '--from=cronjob/chaos-breakwater-retention');
      await kubectl('wait', 'job/thin', '--namespace', namespace, '--for=condition=complete', '--timeout=90s');
      expect(await kubectl('logs', 'job/thin', '--namespace', namespace)).toMatch(/^replaced 0 samples of 0 signals/);
    }, 120_000);

    test.each([
      ['delete', 'pods', 'shop', 'yes'],
      ['delete', 'pods', 'own', 'no'],
      ['get', 'secrets', 'shop', 'no'],
      ['get', 'secrets', 'own', 'no'],
      ['create', 'pods/exec', 'shop', 'no'],
      ['patch', 'deployments.apps', 'shop', 'no'],
    ])('the site may %s %s in its %s namespace: %s', async (verb, resource, where, answer) => {
      const as = `system:serviceaccount:${namespace}:chaos-breakwater-site-${SITE}`;
      const asked = kubectl('auth', 'can-i', verb, resource, '--namespace', where === 'shop' ? shop : namespace, '--as', as);
      expect((await asked.catch((error: { stdout: string }) => error.stdout)).trim()).toBe(answer);
    });
  });
});
