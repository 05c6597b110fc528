/** What varies between the experiments of the crash tests. */
export interface Variation {
  name: string;
  /** Names the victims, the service and the environment: no two runs of the tests share a blast radius. */
  app: string;
  /** The observed system's base URL. */
  url: string;
  fault: { kind: string; [field: string]: unknown };
  /** Merged over the rest. */
  with?: Record<string, unknown>;
}

/** What a live wave may hit at most. */
export interface PlannedWave {
  wave: string;
  perIteration: number;
  iterations: number;
}

/** An experiment of about eight seconds: a dry run, one victim, a cool-down, two victims. */
export const documentOf = ({ name, app, url, fault, with: more }: Variation): Record<string, unknown> => ({
  apiVersion: 'breakwater.dev/v1',
  kind: 'Experiment',
  metadata: { name, owner: 'tests', service: app, environment: app },
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
  // Whoever is killed may be away for as long as a busy machine needs to start again: recovery is not what is tested here.
  timing: { baseline: '700ms', hold: '2500ms', recoverWithin: '45s', stableFor: '400ms' },
  guard: { maxBlind: '10s' },
  waves: [{ name: 'dry', dryRun: true }, { name: 'one' }, { name: 'two', selection: { count: 2 } }],
  ...more,
});

/**
 * The four waves of the field: dry run, a single victim, a canary, stress; about ten seconds and five holds. Merged over `documentOf`.
 * @param holdMs must outlast an injection on a machine as busy as this one is
 */
export const fourWaves = (holdMs: number) => ({
  steadyState: [{ probe: 'health', tolerance: { equals: 1 }, throughout: true }],
  blastRadius: { maxVictims: 4, maxConcurrent: 2, survivorsAtLeast: 1, coolDown: '300ms' },
  timing: { baseline: '300ms', hold: `${holdMs}ms`, recoverWithin: '45s', stableFor: '200ms' },
  waves: [
    { name: 'dry', dryRun: true },
    { name: 'single' },
    { name: 'canary' },
    { name: 'stress', selection: { count: 2 }, iterations: 2 },
  ],
});

/** What the waves of an experiment may hit, read from it: the same numbers that a person would read. */
export function plannedBy(document: Record<string, unknown>): PlannedWave[] {
  const waves = document['waves'] as { name: string; dryRun?: boolean; selection?: { count: number }; iterations?: number }[];
  const { count = 1 } = (document['selection'] ?? {}) as { count?: number };
  return waves
    .filter(({ dryRun }) => !dryRun)
    .map(({ name, selection, iterations = 1 }) => ({ wave: name, perIteration: selection?.count ?? count, iterations }));
}
