import type { Stage } from './stage.ts';

/** A part of Breakwater that dies: who plays beforehand, how it is killed, who brings it back. One entry is one row of the matrix. */
export interface Component {
  name: string;
  /** Starts the processes that the run begins with. */
  cast: (stage: Stage) => Promise<unknown>;
  /** kill -9, without a pause in between. @param pick chooses where there is a choice; spread evenly over the points */
  kill: (stage: Stage, pick: number) => void | Promise<void>;
  /** Brings it back, unless the rest is for those who stand by. */
  revive?: (stage: Stage) => Promise<unknown>;
  /** Needs a Temporal of its own, because it kills it. */
  killsTemporal?: true;
  /** Lives only in runs whose faults must be undone, and from the first transaction after the one that ends with this event: before, there is nobody to kill. */
  livesAfter?: string;
}

const sites = ['control', 'site'] as const;

/** The one worker, restarted at once. */
export const worker: Component = {
  name: 'worker',
  cast: (stage) => stage.startWorker(),
  kill: (stage) => stage.running('all').kill(),
  revive: (stage) => stage.spawnWorker(),
};

/** One of two, and nobody comes back: the other has to do it. */
export const oneOfTwo: Component = {
  name: 'one of two workers',
  cast: async (stage) => {
    await stage.startWorker();
    await stage.startWorker();
  },
  kill: (stage, pick) => stage.running('all', pick % 2).kill(),
};

/** The worker next to the victims; the one for the workflows lives on. */
export const siteWorker: Component = {
  name: 'site worker',
  cast: (stage) => Promise.all(sites.map((role) => stage.startWorker(role))),
  kill: (stage) => stage.running('site').kill(),
  revive: (stage) => stage.spawnWorker('site'),
};

/** The worker for the workflows; the one next to the victims lives on. */
export const controlWorker: Component = {
  name: 'control worker',
  cast: siteWorker.cast,
  kill: (stage) => stage.running('control').kill(),
  revive: (stage) => stage.spawnWorker('control'),
};

/** Temporal itself, started again on its file. */
export const temporal: Component = {
  name: 'temporal',
  cast: worker.cast,
  kill: (stage) => stage.ownTemporal().kill(),
  revive: (stage) => stage.ownTemporal().revive(),
  killsTemporal: true,
};

/** The process that undoes what nobody renews. Whoever arms or renews a lease sees to it that another one lives. */
export const reaper: Component = {
  name: 'reaper',
  cast: worker.cast,
  kill: (stage) => stage.killReaper(),
  livesAfter: 'activityTaskScheduled injectFault',
};

/** The HTTP API. A run needs it for nothing, which is what its row shows. */
export const api: Component = {
  name: 'api',
  cast: (stage) => Promise.all((['all', 'api'] as const).map((role) => stage.startWorker(role))),
  kill: (stage) => stage.running('api').kill(),
  revive: (stage) => stage.startWorker('api'),
};

/** All of them, in the order of the report. */
export const COMPONENTS: readonly Component[] = [worker, oneOfTwo, siteWorker, controlWorker, temporal, reaper, api];
