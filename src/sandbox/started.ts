import type { Log } from './servers/running-server.ts';

/** Whatever was started and is to be stopped. */
interface Stoppable {
  stop(): Promise<void>;
}

/** What one environment has started, so that it is stopped as a whole. */
export interface Started {
  /** Starts one more and keeps it. */
  keep<S extends Stoppable>(what: string, start: () => Promise<S>): Promise<S>;
  /** Keeps what runs already, or will. */
  add(one: Stoppable): void;
  /** Stops everything, newest first. Safe to repeat. */
  stop(): Promise<void>;
}

/** @param log hears what is being started */
export function createStarted(log: Log): Started {
  const started: Stoppable[] = [];
  return {
    async keep(what, start) {
      log(`starting ${what}`);
      const server = await start();
      started.unshift(server);
      return server;
    },
    add: (one) => void started.unshift(one),
    async stop() {
      for (const server of started.splice(0)) await server.stop();
    },
  };
}
