import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { experimentJsonSchema } from '../../src/language/experiment.ts';
import { starterExperiment } from '../../src/language/init.ts';
import { faults } from '../../src/faults/index.ts';
import { providers } from '../../src/probes/index.ts';
import { remedies } from '../../src/remedies/index.ts';
import { targets } from '../../src/targets/index.ts';
import { BASE, edited } from './base.ts';

const schema = experimentJsonSchema();
const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
const validate = ajv.compile(schema);

const complaints = (text: string): string[] => {
  validate(parse(text));
  return (validate.errors ?? []).map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`);
};

test.each([
  ['the reference experiment', readFileSync('examples/payment-worker.yaml', 'utf8')],
  ['the file of init', starterExperiment({ name: 'a', service: 'b', environment: 'c' })],
  ['the base of the tests', BASE],
])('%s is valid in an editor', (_name, text) => expect(complaints(text)).toEqual([]));

test.each<[string, string, RegExp]>([
  ['a misspelt key at the top', edited('hypothesis:', 'hypotesis:'), /must NOT have additional properties .*hypotesis/],
  [
    'a misspelt key deep inside',
    edited('atMost: 0.1% } }\nprecond', 'atmost: 0.1% } }\nprecond'),
    /\/steadyState\/0\/tolerance must NOT have additional properties .*atmost/,
  ],
  ['a duration without unit', edited('hold: 1m', 'hold: 60'), /\/timing\/hold must be string/],
  ['an unknown unit', edited('hold: 1m', 'hold: 1min'), /\/timing\/hold must match pattern/],
  ['a percentage without %', edited('objective: 99.9%', 'objective: 99.9'), /\/slo\/orders\/objective must be string/],
  ['a limit in words', edited('above: 100, for', 'above: many, for'), /\/remediation\/0\/when\/above must match pattern/],
  ['an unknown fault', edited('kind: process-kill', 'kind: proces-kill'), /\/fault/],
  [
    'no stop conditions',
    edited('stopConditions:\n  - { probe: errors, above: 0.1%, for: 3m }\n', ''),
    /must have required property 'stopConditions'/,
  ],
])('%s is seen in an editor', (_name, text, complaint) => expect(complaints(text).join('\n')).toMatch(complaint));

test('it is JSON, names itself draft 7, and holds every entry of the catalogues', () => {
  const text = JSON.stringify(schema);
  expect(schema).toMatchObject({ $schema: 'http://json-schema.org/draft-07/schema#', type: 'object' });
  for (const kind of [faults, providers, remedies, targets].flatMap((catalogue) => Object.keys(catalogue)))
    expect(text).toContain(`"const":"${kind}"`);
});

test('it is small enough for an editor', () => expect(JSON.stringify(schema).length).toBeLessThan(250_000));

test('defaults and examples are written as in a file', () => {
  const { timing } = (schema as { properties: Record<string, { properties: Record<string, object> }> }).properties;
  expect(timing?.properties['hold']).toMatchObject({ type: 'string', default: '1m', examples: ['200ms', '30s', '3m', '1h30m'] });
  const text = JSON.stringify(schema);
  for (const written of ['"default":"30s"', '"default":"1h"', '"default":"30d"', '"examples":["0.1%","40%"]'])
    expect([written, text.includes(written)]).toEqual([written, true]);
});
