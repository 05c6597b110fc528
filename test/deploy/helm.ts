import { spawnSync } from 'node:child_process';
import { parseAllDocuments } from 'yaml';

export const CHART = 'deploy/helm/breakwater';
/** A cluster that there is: without one helm takes the version that it was built against. */
const KUBERNETES = ['--kube-version', '1.34.0'];

/** An object of the Kubernetes API, as far as these tests read it. */
export interface Rendered {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  [field: string]: unknown;
}

const built = spawnSync('sh', ['testbed/install-helm.sh'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
if (built.status !== 0 && process.env['BREAKWATER_REQUIRE_SERVERS'] === '1') throw new Error('helm could not be built: see above');
if (built.status !== 0) console.warn('SKIPPED: helm could not be built: see the lines that begin with "helm:" above');

/** helm, built when it is not in the cache: minutes, once. */
export const program = built.stdout.trim();

/** `describe` for suites that need helm. Where none can be had they are skipped, and said so; BREAKWATER_REQUIRE_SERVERS=1 makes that a failure. */
export const describeWithHelm: jest.Describe = built.status === 0 ? describe : describe.skip;

/** Values that an installation must give. */
export const VALUES = {
  temporal: { address: 'temporal:7233' },
  database: { secretName: 'breakwater-database' },
  api: { tokenSecret: { name: 'breakwater-api', key: 'token' } },
};

const PAYMENTS = { name: 'eu-1', namespaces: ['payments'], targets: ['pod'], faults: ['container-process-kill'] };
export const siteWith = (changes: object = {}) => ({ ...VALUES, sites: [{ ...PAYMENTS, ...changes }] });

/** Calls helm with values, given as YAML on stdin. */
export function helm(command: 'lint' | 'template', values: object): { ok: boolean; stdout: string; stderr: string } {
  const args = command === 'lint' ? ['lint', CHART, '--strict'] : ['template', 'chaos', CHART, '--namespace', 'breakwater'];
  const { status, stdout, stderr } = spawnSync(program, [...args, ...KUBERNETES, '--values', '-'], {
    input: JSON.stringify(values),
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { ok: status === 0, stdout, stderr };
}

/** @returns the objects that the chart makes of values. @throws Error with what helm said */
export function render(values: object): Rendered[] {
  const { ok, stdout, stderr } = helm('template', values);
  if (!ok) throw new Error(stderr);
  return parseAllDocuments(stdout).flatMap((document) => {
    if (document.errors[0]) throw document.errors[0];
    const object = document.toJS() as Rendered | null;
    return object ? [object] : [];
  });
}
