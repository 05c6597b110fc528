import * as z from 'zod';
import { choose } from '../../dist/activities/prepare.js';
import { openKubernetes } from '../../dist/adapters/kubernetes/index.js';
import { PODS } from '../../dist/domain/kubernetes/resources.js';
import { resolveWaves } from '../../dist/domain/plan.js';
import { parseDocument } from '../../dist/language/experiment.js';

/** Looks at the pods of a namespace several times, in one of two ways, and prints the seconds of each look and its findings. */
const { way, kubeconfig, namespace, looks, document } = JSON.parse(process.env.BENCH_DISCOVERY);
const never = new AbortController().signal;
const kubernetes = openKubernetes({ kubeconfig, protectedNamespaces: [] });
const unused = {};

/** The same pages, of which nothing is kept or understood: what nobody can do without. */
const Raw = z.unknown().transform(() => 1);
const ways = {
  list: async () =>
    (await kubernetes.list(PODS, { namespace, labelSelector: 'app=worker', fieldSelector: 'status.phase=Running' }, Raw, never)).length,
  choose: async () => {
    const experiment = parseDocument(document);
    const [, wave] = resolveWaves(experiment);
    const { choice, populationSize } = await choose(
      { experiment, wave, seed: 7, alreadyHit: [] },
      { processes: unused, readiness: unused, kubernetes },
      never,
    );
    if (choice.victims.length !== 1) throw new Error(`${choice.victims.length} victims: ${choice.reductions.join('; ')}`);
    return populationSize;
  },
};

const seconds = [];
let found = 0;
await kubernetes.list(PODS, { namespace, fieldSelector: 'metadata.name=none' }, Raw, never); // connects
for (let i = 0; i < looks; i++) {
  const startMs = performance.now();
  found = await ways[way]();
  seconds.push((performance.now() - startMs) / 1_000);
}
process.send({ found, seconds });
process.disconnect();
