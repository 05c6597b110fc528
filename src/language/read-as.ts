import type * as z from 'zod';
import { explain } from './explain.ts';
import { parseText, type ParsedText } from './parse-text.ts';
import { ExperimentError } from './problem.ts';
import { refuseUnreadable } from './source.ts';
import { wordsOf } from './words.ts';

/** A document of another kind than an experiment, and where each part of it stands. */
export interface ReadDocument<T> {
  value: T;
  /** As its author wrote it. */
  document: unknown;
  locate: ParsedText['locate'];
}

/**
 * Reads YAML or JSON text by a schema, with the same care and the same words as an experiment.
 * @throws ExperimentError with all problems, each with its line and column
 */
export function readAs<S extends z.ZodType>(schema: S, text: string, fileName: string): ReadDocument<z.infer<S>> {
  const { document, locate } = parseText(refuseUnreadable(text, fileName), fileName, fileName.endsWith('.json'));
  const result = schema.safeParse(document, { error: wordsOf, reportInput: true });
  if (result.success) return { value: result.data, document, locate };
  throw new ExperimentError(
    explain(result.error.issues, document).map(({ at, meant: _meant, oneOf: _oneOf, ...finding }) => ({
      file: fileName,
      ...locate(finding.path, at),
      ...finding,
    })),
  );
}
