import type * as z from 'zod';
import type { Experiment } from '../domain/experiment/experiment.ts';
import { asWritten, ExperimentDocument } from './experiment.ts';
import { explain, type Finding } from './explain.ts';
import { parseText, type ParsedText } from './parse-text.ts';
import { checkPartialReferences } from './partial-references.ts';
import { ExperimentError } from './problem.ts';
import { readSource, refuseUnreadable } from './source.ts';
import { wordsOf } from './words.ts';

/** An experiment, and the document as its author wrote it: the document is what is digested and sent. */
export interface ReadExperiment {
  experiment: Experiment;
  document: unknown;
}

/**
 * Reads an experiment from YAML or JSON text.
 * @param fileName for the messages; one that ends in `.json` must be JSON
 * @throws ExperimentError with all problems, each with its line and column
 */
export function readExperiment(text: string, fileName: string): ReadExperiment {
  const source = refuseUnreadable(text, fileName);
  const parsed = parseText(source, fileName, fileName.endsWith('.json'));
  const { document } = parsed;
  if (document === null || typeof document !== 'object' || Array.isArray(document)) throw notAMapping(document, parsed, fileName);
  const result = ExperimentDocument.safeParse(document, { error: wordsOf, reportInput: true });
  if (result.success) return { experiment: asWritten(result.data as Experiment, document as Experiment), document };
  const findings = explain(allIssues(result.error.issues, document), document);
  throw new ExperimentError(findings.map((finding) => locate(finding, parsed, fileName)));
}

/**
 * Reads an experiment file. A file over the size limit is refused before it is read.
 * @throws ExperimentError when it cannot be read or is not an experiment
 */
export const readExperimentFile = (path: string): ReadExperiment => readExperiment(readSource(path), path);

/** Zod checks references when every shape is right; a person wants to hear of everything at once, and of a wrong block only once. */
function allIssues(issues: z.core.$ZodIssue[], document: unknown): z.core.$ZodIssue[] {
  const ofShape = issues.filter((issue) => !(issue.code === 'custom' && issue.params?.['isReference'] === true));
  return [...ofShape, ...(checkPartialReferences(document) as z.core.$ZodIssue[])];
}

function locate({ at, meant: _meant, oneOf: _oneOf, ...finding }: Finding, { locate: place }: ParsedText, file: string) {
  return { file, ...place(finding.path, at), ...finding };
}

function notAMapping(document: unknown, { locate: place }: ParsedText, file: string): ExperimentError {
  const found = Array.isArray(document) ? 'a list' : document === null ? 'nothing' : 'a single value';
  return new ExperimentError([
    { file, ...place([], 'value'), path: [], found, message: 'expected a mapping that begins with `apiVersion: breakwater.dev/v1`' },
  ]);
}
