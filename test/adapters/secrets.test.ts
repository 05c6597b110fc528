import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecrets } from '../../src/adapters/secrets.ts';

const dir = mkdtempSync(join(tmpdir(), 'breakwater-secrets-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
mkdirSync(join(dir, 'eu'));
writeFileSync(join(dir, 'eu', 'db'), 'of eu\n');
writeFileSync(join(dir, 'db'), 'of all\n');
writeFileSync(join(dir, 'shared'), 'shared\n');
const env = { BREAKWATER_SECRET_OTHER: 'from the environment' };
const of = (site: string) => createSecrets({ dir, site, env });

test('a site with a folder of its own gets its secrets from there and from nowhere else', async () => {
  expect(await of('eu').get('db')).toBe('of eu');
  for (const name of ['shared', 'other'])
    await expect(of('eu').get(name)).rejects.toThrow(`expected the file ${join(dir, 'eu', name)}, because site eu has a folder of its own`);
});

test('a site without one gets the shared ones', async () => {
  expect(await of('us').get('db')).toBe('of all');
  expect(await of('us').get('other')).toBe('from the environment');
});

test('one site never reaches into another’s folder', async () => {
  await expect(of('us').get('eu/db')).rejects.toThrow(/is no name of a secret/);
  await expect(of('us').get('../eu/db')).rejects.toThrow(/is no name of a secret/);
  await expect(of('us').get('eu')).rejects.toThrow(/cannot be read from its file \(EISDIR\)/);
});
