import Sequencer from '@jest/test-sequencer';

/** Jest's own order, but suites in a Kubernetes cluster come last: by then Kubernetes has been built, beside the others. */
export default class ClusterLast extends Sequencer {
  /** @override */
  sort(tests) {
    const inCluster = ({ path }) => path.includes('/test/kubernetes/');
    const sorted = super.sort(tests);
    return [...sorted.filter((test) => !inCluster(test)), ...sorted.filter(inCluster)];
  }
}
