import type { Measurement } from '../../domain/sample.ts';
import type { Cli } from '../context.ts';
import { userName } from '../context.ts';
import { CliError } from '../exit-codes.ts';
import { planFile } from '../plan.ts';
import { quantity } from '../../report/format.ts';
import { checkAccess } from './access.ts';
import { fail, ok, orFail, warn, type Finding } from './finding.ts';

function judgeProbe(name: string, answer: Measurement): Finding {
  const check = `probe ${name}`;
  if (answer.kind === 'value') return ok(check, quantity(answer.value));
  const remedy = 'a run that watches it would not begin; correct its provider in the file, or what it asks';
  return fail(check, `${answer.kind === 'error' ? 'failed' : 'no data'}: ${answer.reason}`, remedy);
}

async function askProbes(cli: Cli, file: string, isEachVerb: boolean): Promise<Finding[]> {
  const { result } = await planFile(cli, file, { requestedBy: userName() });
  const { preview, gates, plan } = result;
  const gate = gates.open ? ok('gates', 'open now') : warn('gates', `closed: ${gates.reason}`, 'a run would be denied now');
  if ('unavailable' in preview) return [gate, fail('probes', preview.unavailable, `look at the worker of site ${plan.experiment.site}`)];
  return [
    gate,
    ...Object.entries(preview.answers).map(([name, answer]) => judgeProbe(name, answer)),
    ...checkAccess(preview.access, plan.experiment.metadata.name, isEachVerb),
  ];
}

/**
 * An experiment: valid, gates, whether each probe returns data now, and what its site may do in its cluster.
 * @param canAsk whether workers are there
 * @param isEachVerb whether each verb is told
 */
export async function checkFile(cli: Cli, file: string, canAsk: boolean, isEachVerb = false): Promise<Finding[]> {
  const { readExperimentFile } = await import('../../language/read.ts');
  try {
    readExperimentFile(file);
  } catch (cause) {
    return [orFail('file', `breakwater validate ${file}`)(cause)];
  }
  const valid = ok('file', file);
  if (!canAsk) return [valid, fail('probes', 'not asked: what is above must work first', 'mend what failed above')];
  return [
    valid,
    ...(await askProbes(cli, file, isEachVerb).catch((cause: unknown) => [
      orFail('probes', cause instanceof CliError ? (cause.remedy ?? '') : 'look at the log of the worker')(cause),
    ])),
  ];
}
