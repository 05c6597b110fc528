/** What varies between the experiments of the crash tests. */
export interface Variation {
  name: string;
  app: string;
  /** The observed system's base URL. */
  url: string;
  fault: { kind: string; [field: string]: unknown };
  /** Merged over the rest. */
  with?: Record<string, unknown>;
}

/** Victims that the two live waves may hit at most: one, then two. */
export const PLANNED = { one: 1, two: 2 } as const;

/** An experiment of about eight seconds: a dry run, one victim, a cool-down, two victims. */
export const documentOf = ({ name, app, url, fault, with: more }: Variation): Record<string, unknown> => ({
  apiVersion: 'breakwater.dev/v1',
  kind: 'Experiment',
  metadata: { name, owner: 'tests', service: 'sleepers', environment: 'staging' },
  hypothesis: 'nobody notices when some of the sleepers are away',
  probes: {
    health: { provider: { kind: 'http', url, read: { jsonPath: '$.health' } }, every: '100ms', timeout: '2s' },
    backlog: { provider: { kind: 'http', url, read: { jsonPath: '$.backlog' } }, every: '100ms', timeout: '2s' },
  },
  steadyState: [
    { probe: 'health', tolerance: { equals: 1 }, throughout: true },
    { probe: 'backlog', tolerance: { atMost: 0 } },
  ],
  stopConditions: [{ probe: 'health', above: 2 }],
  targets: { kind: 'process', labels: { app } },
  fault,
  blastRadius: { maxVictims: 2, maxConcurrent: 2, survivorsAtLeast: 1, coolDown: '800ms' },
  timing: { baseline: '700ms', hold: '2500ms', recoverWithin: '10s', stableFor: '400ms' },
  guard: { maxBlind: '10s' },
  waves: [{ name: 'dry', dryRun: true }, { name: 'one' }, { name: 'two', selection: { count: 2 } }],
  ...more,
});
