import { noCluster } from '../../src/adapters/kubernetes/absent.ts';

/** For whatever needs a port to a cluster and must not use it. */
export const kubernetes = noCluster('of this test');

/** What faults need beside processes, journal and commands, where nothing stands in the way of a deed. */
export const elsewhere = { kubernetes, floor: { refusal: () => Promise.resolve(undefined) } };
