import type { ProbePorts } from '../../probes/ports.ts';
import { commands } from './commands.ts';
import { host } from './host.ts';
import { createHttp } from './http.ts';
import { processes } from './processes.ts';
import { createSql } from './sql.ts';

/** Ports with the connections that they keep. */
export interface RealProbePorts extends ProbePorts {
  /** Closes kept connections and pools. */
  close(): Promise<void>;
}

/** The real world, for all probes of a worker: connections and pools are shared. */
export function createProbePorts({ secrets, kubernetes, hide }: Pick<ProbePorts, 'secrets' | 'kubernetes' | 'hide'>): RealProbePorts {
  const [http, sql] = [createHttp(), createSql()];
  return {
    http,
    sql,
    commands,
    host,
    processes,
    secrets,
    kubernetes,
    ...(hide && { hide }),
    nowMs: () => Date.now(),
    steadyMs: () => performance.now(),
    async close() {
      http.close();
      await sql.close();
    },
  };
}
