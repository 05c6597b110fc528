import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { searchAttributes } from '../../src/domain/search-attributes.ts';

interface Service {
  image?: string;
  build?: { dockerfile: string };
  depends_on?: Record<string, unknown>;
  environment?: Record<string, string>;
  command?: string[];
  ports?: string[];
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
