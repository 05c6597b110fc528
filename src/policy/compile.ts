import { compileExpression, type Expression } from './cel.ts';
import type { PolicyDocument, Rule } from './schema.ts';
import type { Timetable } from './times/span.ts';
import { blackoutTimes, windowTimes } from './times/timetable.ts';

/** A rule that is ready to be asked. */
export interface ReadyRule {
  /** `policy/rule` */
  name: string;
  contact: string;
  /** The file that it stands in, relative to the folder. */
  file: string;
  rule: Rule;
  windows: Timetable[];
  blackouts: Timetable[];
  expression?: Expression;
}

/** Something that only shows when a rule is made ready. `path` is within the document. */
export interface CompileProblem {
  path: (string | number)[];
  message: string;
}

/**
 * Makes the rules of a policy ready.
 * @param fileText the text of a file beside the policy; throws when it cannot be read
 */
export function compile(
  document: PolicyDocument,
  file: string,
  fileText: (name: string) => string,
): { rules: ReadyRule[]; problems: CompileProblem[] } {
  const problems: CompileProblem[] = [];
  const attempt = <T>(path: (string | number)[], make: () => T): T[] => {
    try {
      return [make()];
    } catch (error) {
      problems.push({ path, message: (error instanceof Error ? error.message : String(error)).slice(0, 500) });
      return [];
    }
  };
  const rules = document.rules.map((rule, i): ReadyRule => {
    const compiled = rule.cel && compileExpression(rule.cel.expression);
    if (compiled && 'problem' in compiled) problems.push({ path: ['rules', i, 'cel', 'expression'], message: compiled.problem });
    return {
      name: `${document.metadata.name}/${rule.name}`,
      contact: document.metadata.contact,
      file,
      rule,
      windows: (rule.windows ?? []).flatMap((one, j) => attempt(['rules', i, 'windows', j], () => windowTimes(one))),
      blackouts: (rule.blackouts ?? []).flatMap((one, j) => attempt(['rules', i, 'blackouts', j], () => blackoutTimes(one, fileText))),
      ...(compiled && 'evaluate' in compiled && { expression: compiled.evaluate }),
    };
  });
  return { rules, problems };
}
