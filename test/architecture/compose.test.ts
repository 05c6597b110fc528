import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { searchAttributes } from '../../src/domain/search-attributes.ts';

interface Service {
  image?: string;
  build?: { dockerfile: string; target: string };
  depends_on?: Record<string, unknown>;
  environment?: Record<string, string>;
  command?: string[];
  ports?: string[];
  healthcheck?: { test: string[] };
  read_only?: boolean;
  cap_drop?: string[];
}

const { services, volumes } = parse(readFileSync('docker-compose.yml', 'utf8'), { uniqueKeys: true, merge: true }) as {
  services: Record<string, Service & { volumes?: string[] }>;
  volumes: Record<string, null>;
};

test.each(Object.entries(services))('%s has a pinned image or a build, and depends on services that exist', (_name, service) => {
  if (service.build) expect(() => readFileSync(service.build?.dockerfile ?? '')).not.toThrow();
  else expect(service.image).toMatch(/^[\w./-]+:\d+\.\d+/);
  for (const dependency of Object.keys(service.depends_on ?? {})) expect(services).toHaveProperty(dependency);
});

test('named volumes are declared, and ports are published on loopback only', () => {
  for (const { volumes: mounts = [], ports = [] } of Object.values(services)) {
    for (const mount of mounts) expect(volumes).toHaveProperty(mount.split(':')[0] ?? '');
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  }
});

test('every search attribute is created', () => {
  const script = services['temporal-namespace']?.command?.join('\n') ?? '';
  for (const name of Object.keys(searchAttributes)) expect(script).toContain(` ${name.replace('Breakwater', '')}`);
});

test('Temporal and its UI are releases without known CVEs', () => {
  const versionOf = (name: string) => (services[name]?.image?.split(':')[1] ?? '').split('.').map(Number);
  const [major = 0, minor = 0, patch = 0] = versionOf('temporal');
  expect(major > 1 || minor > 30 || (minor === 30 && patch >= 4)).toBe(true);
  expect(versionOf('temporal-ui')[1]).toBeGreaterThanOrEqual(45);
});

test('everything that the whole consists of is there: database, schema, Temporal, its search attributes, its UI, worker and API', () =>
  expect(Object.keys(services)).toEqual(['postgres', 'temporal-schema', 'temporal', 'temporal-namespace', 'temporal-ui', 'worker', 'api']));

test('the UI shows and does not write, so that what changes a run passes Breakwater', () =>
  expect(services['temporal-ui']?.environment).toMatchObject({ TEMPORAL_DISABLE_WRITE_ACTIONS: 'true' }));

test('one release of Temporal makes the schema, serves and makes the namespace', () => {
  const releases = ['temporal-schema', 'temporal', 'temporal-namespace'].map((name) => services[name]?.image?.split(':')[1]);
  expect(new Set(releases).size).toBe(1);
});

test('nothing begins before what it needs: schema before Temporal, namespace and search attributes before worker and API', () => {
  const order: [string, string, string][] = [
    ['temporal-schema', 'postgres', 'service_healthy'],
    ['temporal', 'temporal-schema', 'service_completed_successfully'],
    ['worker', 'temporal-namespace', 'service_completed_successfully'],
    ['worker', 'postgres', 'service_healthy'],
    ['api', 'temporal-namespace', 'service_completed_successfully'],
  ];
  for (const [service, needed, condition] of order) expect(services[service]?.depends_on).toMatchObject({ [needed]: { condition } });
});

test.each(['worker', 'api'])('%s is a target of the Dockerfile, with a health check, without privileges or a writable root', (name) => {
  const service = services[name];
  expect(readFileSync(service?.build?.dockerfile ?? '', 'utf8')).toContain(` AS ${service?.build?.target}\n`);
  expect(service).toMatchObject({ build: { target: name }, read_only: true, cap_drop: ['ALL'] });
  expect(service?.healthcheck?.test.length).toBeGreaterThan(1);
});

test('no password or token is written down: each comes from the environment, and its absence is an error', () => {
  const secrets = Object.values(services).flatMap(({ environment = {} }) =>
    Object.entries(environment).filter(([name]) => /PASSWORD|PWD|TOKEN|DATABASE_URL/.test(name)),
  );
  expect(secrets.length).toBeGreaterThan(3);
  for (const [, value] of secrets) expect(value).toMatch(/\$\{\w+:\?/);
});
