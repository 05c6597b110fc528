import type { ReadExperiment } from '../../language/read.ts';
import { CliError, EXIT } from '../exit-codes.ts';

/** An experiment file that was read. */
export interface Chosen extends ReadExperiment {
  file: string;
}

/**
 * Reads all files before anything is started, and keeps those whose labels hold every `key=value` of `labels`.
 * @throws ExperimentError for the first file that is none; CliError (2) when none is left: a job that tests nothing must not be green
 */
export async function chooseExperiments(files: readonly string[], labels: Readonly<Record<string, string>>): Promise<Chosen[]> {
  const { readExperimentFile } = await import('../../language/read.ts');
  const wanted = Object.entries(labels);
  const chosen = [...new Set(files)]
    .map((file) => ({ file, ...readExperimentFile(file) }))
    .filter(({ experiment }) => wanted.every(([key, value]) => experiment.metadata.labels[key] === value));
  if (chosen.length > 0) return chosen;
  const asked = wanted.map(([key, value]) => `${key}=${value}`).join(', ');
  throw new CliError(
    EXIT.usage,
    `None of ${files.length} experiments has the labels ${asked}.`,
    'Correct --label, or the `metadata.labels` of the files.',
  );
}

/** Why nobody in an environment of its own could let it run; undefined when nobody needs to. */
export function needsSomebody({ experiment }: Chosen): string | undefined {
  const gated = experiment.waves.find(({ gate }) => gate === 'approval');
  if (experiment.approvals.required === 0 && !gated) return undefined;
  const what = gated ? `wave ${gated.name} waits for an approval` : `it needs ${experiment.approvals.required} approvals`;
  return `${what}, and in an environment of its own there is nobody to give it: run it with --configured, or without approvals`;
}
