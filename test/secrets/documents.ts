/** What all of them are made of. */
export interface Parts {
  url: string;
  /** Label of the victims. */
  app: string;
  /** A name that shows that the scanner finds what is there. */
  planted: string;
  /** Folder with the scripts. */
  scripts: string;
}

const token = { authorization: { secret: 'http-token' } };
const http = (url: string, read: unknown = { jsonPath: '$.value' }, headers: object = token) => ({
  provider: { kind: 'http', url, headers, read },
  every: '200ms',
  timeout: '2s',
});
const command = (scripts: string, name: string, read: string) => ({
  provider: { kind: 'command', argv: ['/bin/sh', `${scripts}/${name}.sh`], env: { TOKEN: { secret: 'command-token' } }, read },
  every: '500ms',
  timeout: '5s',
});
const sql = (secret: string) => ({ provider: { kind: 'sql', connection: { secret }, query: 'SELECT 1' }, every: '500ms', timeout: '5s' });

const base = ({ app, planted }: Parts, name: string, slot: string) => ({
  apiVersion: 'breakwater.dev/v1',
  kind: 'Experiment',
  metadata: {
    ...{ name: `${name}-${planted}`, owner: 'secrets', service: `${name}-${planted}`, environment: 'development' },
    ...{ ticket: `CHG-${planted}`, labels: { planted } },
  },
  hypothesis: `nobody tells a secret ${planted}`,
  targets: { kind: 'process', labels: { app, slot } },
  fault: { kind: 'process-pause' },
  blastRadius: { maxVictims: 1, maxConcurrent: 1, survivorsAtLeast: 0, coolDown: '0s' },
  timing: { baseline: '500ms', hold: '5s', recoverWithin: '5s', stableFor: '300ms' },
  waves: [{ name: 'dry-run', dryRun: true }, { name: 'single' }],
});

/** Every secret is used, and everything goes well. */
export const passing = (parts: Parts) => ({
  ...base(parts, 'passing', '0'),
  probes: { http: http(`${parts.url}/good`), command: command(parts.scripts, 'good', 'stdout-number'), sql: sql('right-database') },
  steadyState: ['http', 'command', 'sql'].map((probe) => ({ probe, tolerance: { equals: 1 } })),
  stopConditions: [{ probe: 'http', above: 5 }],
});

/** The system goes bad under the fault, and repeats what it was sent. */
export const turning = (parts: Parts) => ({
  ...base(parts, 'turning', '1'),
  probes: { turn: http(`${parts.url}/turn`) },
  steadyState: [{ probe: 'turn', tolerance: { equals: 1 } }],
  stopConditions: [{ probe: 'turn', above: 5 }],
  timing: { baseline: '500ms', hold: '20s', recoverWithin: '1s', stableFor: '300ms' },
  runbooks: {
    repair: {
      steps: [
        {
          remedy: {
            kind: 'http-request',
            url: `${parts.url}/repair`,
            json: { workers: 4 },
            headers: { 'x-token': { secret: 'remedy-token' } },
          },
          verify: { probe: 'turn', tolerance: { equals: 1 }, within: '1s' },
        },
      ],
    },
  },
  rollbacks: ['repair'],
});

/** Every probe fails, and says why. */
export const telling = (parts: Parts) => {
  const { url, scripts } = parts;
  const probes = {
    status: http(`${url}/status`),
    text: http(`${url}/text`),
    encoded: http(`${url}/encoded`, undefined, { 'x-token': { secret: 'http-token' } }),
    late: http(`${url}/late`),
    time: http(`${url}/time`, { jsonPath: '$.value', at: '$.at' }),
    stderr: command(scripts, 'stderr', 'stdout-number'),
    stdout: command(scripts, 'stdout', 'stdout-number'),
    database: sql('wrong-database'),
    metrics: {
      provider: { kind: 'openmetrics', url: `${url}/metrics`, metric: 'a', headers: token, read: 'value' },
      every: '500ms',
      timeout: '2s',
    },
    prometheus: { provider: { kind: 'prometheus', url: `${url}/prometheus`, query: 'up', headers: token }, every: '500ms', timeout: '2s' },
    missing: http(`${url}/good`, undefined, { authorization: { secret: 'not-there' } }),
  };
  return {
    ...base(parts, 'telling', '2'),
    probes,
    steadyState: Object.keys(probes).map((probe) => ({ probe, tolerance: { equals: 1 } })),
    stopConditions: Object.keys(probes).map((probe) => ({ probe, above: 5 })),
  };
};

/** The service is stopped and does not start again: its supervisor tells secrets, and a person is paged. */
export const leaving = (parts: Parts) => {
  const script = (name: string) => ['/bin/sh', `${parts.scripts}/${name}.sh`];
  return {
    ...base(parts, 'leaving', '3'),
    probes: { http: http(`${parts.url}/good`) },
    steadyState: [{ probe: 'http', tolerance: { equals: 1 } }],
    stopConditions: [{ probe: 'http', above: 5 }],
    fault: { kind: 'service-stop', stop: script('stop'), start: script('start'), status: script('service'), effectWithin: '1s' },
  };
};
