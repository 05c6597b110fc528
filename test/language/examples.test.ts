import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { experimentJsonSchema } from '../../src/language/experiment.ts';
import { readExperimentFile } from '../../src/language/read.ts';
import { remedies } from '../../src/remedies/index.ts';

const examples = readdirSync('examples')
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => join('examples', file))
  .filter((file) => /^kind: Experiment$/m.test(readFileSync(file, 'utf8')));
const validate = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(experimentJsonSchema());

test.each(examples)('%s is an experiment, also for an editor', (file) => {
  expect(readExperimentFile(file).experiment.waves[0]?.dryRun).toBe(true);
  expect([validate(parse(readFileSync(file, 'utf8'))), validate.errors]).toEqual([true, null]);
});

test('every remedy of a Kubernetes workload but those of Argo and of nodes is in the recovery runbook, and each step is verified', () => {
  const { runbooks } = readExperimentFile('examples/kubernetes-recovery.yaml').experiment;
  const steps = Object.values(runbooks).flatMap((runbook) => runbook.steps);
  const kinds = Object.keys(remedies).filter((kind) => kind.startsWith('kubernetes-') && kind !== 'kubernetes-uncordon');
  expect([...new Set(steps.map(({ remedy }) => remedy.kind))].sort()).toEqual(kinds.sort());
  expect(steps.every(({ verify }) => verify !== undefined)).toBe(true);
});
