import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { openProbe, providers, ProviderSpec } from '../../src/probes/index.ts';
import { portsWith } from './world.ts';

const all = Object.entries(providers);

test('each kind has a file, and each is in the catalogue and the union', async () => {
  const files = (await readdir(join(__dirname, '../../src/probes'))).map((file) => file.replace(/\.ts$/, ''));
  for (const [kind, provider] of all) {
    expect(files).toContain(kind);
    expect(provider.kind).toBe(kind);
  }
  expect(ProviderSpec.options.map((option) => option.shape.kind.value).sort()).toEqual(Object.keys(providers).sort());
});

test.each(all)('%s says its unit, what no data means, and what each field is', (_kind, { doc, schema }) => {
  for (const text of Object.values(doc)) expect(text.length).toBeGreaterThan(10);
  const shape: Record<string, z.ZodType> = schema.shape;
  for (const [field, type] of Object.entries(shape))
    if (field !== 'kind') expect([field, z.globalRegistry.get(type)?.description ?? '']).not.toContain('');
});

test('the union becomes a JSON Schema for editors', () => {
  expect(JSON.stringify(z.toJSONSchema(ProviderSpec, { target: 'draft-7', io: 'input', unrepresentable: 'any' }))).toContain(
    'slo-burn-rate',
  );
});

test('a specification may be parsed again: activities open what the file said', () => {
  const spec = {
    kind: 'slo-burn-rate',
    objective: '99.9%',
    window: '5m',
    good: { kind: 'sql', connection: { secret: 'A' }, query: 'q' },
    total: { kind: 'prometheus', url: 'http://p', query: 'q' },
  };
  const once = ProviderSpec.parse(spec);
  expect(ProviderSpec.parse(once)).toEqual(once);
});

test('unknown kinds and fields are refused', () => {
  for (const kind of ['htpp', 'constructor', '__proto__']) expect(() => openProbe({ kind }, portsWith())).toThrow(/no provider/);
  expect(ProviderSpec.safeParse({ kind: 'host', metric: 'cpu', unknown: 1 }).success).toBe(false);
  expect(ProviderSpec.safeParse({ kind: 'sql', connection: { secret: 'A' }, query: 'q', statementTimeout: 5 }).success).toBe(false);
});
