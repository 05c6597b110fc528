import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readAs } from '../language/read-as.ts';
import { ExperimentError, type Problem } from '../language/problem.ts';
import { readSource } from '../language/source.ts';
import { compile, type ReadyRule } from './compile.ts';
import { PolicyDocument } from './schema.ts';

/** The rules of a folder, and the digest of every file that they are made of. */
export interface PolicySet {
  rules: ReadyRule[];
  /** SHA-256 over names and contents of the policy and calendar files. */
  digest: string;
  /** Names of the policy files, sorted. */
  files: string[];
}

/** More files are no policy but a mistake about the folder. */
const MOST_FILES = 200;

const isPolicy = (name: string): boolean => /\.(ya?ml|json)$/.test(name) && !/\.cases\.(ya?ml|json)$/.test(name);
const isCalendar = (name: string): boolean => name.endsWith('.ics');

/** Whether a file of this name counts in a folder of policies. */
export const isPolicyFile = (name: string): boolean => !name.startsWith('.') && (isPolicy(name) || isCalendar(name));

/** The policy and calendar files of a folder, by name. @throws when it cannot be read, or has no policy in it */
function readFolder(folder: string): Map<string, string> {
  const names = readdirSync(folder).filter(isPolicyFile).sort();
  if (!names.some(isPolicy)) throw new Error(`${folder} holds no policy (*.yaml): rules that are not there allow nothing`);
  if (names.length > MOST_FILES) throw new Error(`${folder} holds more than ${MOST_FILES} files: is it the folder of the policies?`);
  return new Map(names.map((name) => [name, readSource(join(folder, name))]));
}

function digestOf(texts: ReadonlyMap<string, string>): string {
  const hash = createHash('sha256');
  for (const [name, text] of texts) hash.update(`${name}\0${Buffer.byteLength(text)}\0${text}`);
  return hash.digest('hex');
}

function parseAll(folder: string, texts: ReadonlyMap<string, string>): ReadyRule[] {
  const problems: Problem[] = [];
  const names = new Map<string, string>();
  const rules = [...texts.keys()].filter(isPolicy).flatMap((name): ReadyRule[] => {
    const file = join(folder, name);
    try {
      const { value, locate } = readAs(PolicyDocument, texts.get(name) ?? '', file);
      const place = (path: (string | number)[], message: string): number =>
        problems.push({ file, ...locate(path, 'value'), path, message });
      const twin = names.get(value.metadata.name);
      if (twin !== undefined) place(['metadata', 'name'], `the policy in ${twin} has this name already`);
      names.set(value.metadata.name, name);
      const fileText = (beside: string): string => {
        const text = texts.get(beside);
        if (text === undefined) throw new Error(`there is no ${beside} beside the policy`);
        return text;
      };
      const compiled = compile(value, name, fileText);
      for (const { path, message } of compiled.problems) place(path, message);
      return compiled.rules;
    } catch (error) {
      if (!(error instanceof ExperimentError)) throw error;
      problems.push(...error.problems);
      return [];
    }
  });
  if (problems.length > 0) throw new ExperimentError(problems);
  return rules;
}

/**
 * Reads a folder of policies.
 * @throws ExperimentError with everything that is wrong, each with its place
 */
export function readPolicies(folder: string): PolicySet {
  const texts = readFolder(folder);
  return setOf(folder, texts, digestOf(texts));
}

const setOf = (folder: string, texts: ReadonlyMap<string, string>, digest: string): PolicySet => ({
  rules: parseAll(folder, texts),
  digest,
  files: [...texts.keys()].filter(isPolicy),
});

/** How long a folder must have stayed the same before what is new in it counts, milliseconds: files are changed one after the other. */
const STEADY_MS = 500;
/** How often a folder that keeps changing is looked at again. */
const MOST_TRIES = 3;

/**
 * A folder that is read at each call, and parsed when something in it has changed. What is new, the first time too, counts once it was read twice
 * with the same digest: a folder that is half written lacks rules, and would allow more than either version.
 * @param settle waits between two readings; shorter in tests
 * @returns rejects when the folder cannot be read, or does not hold still
 */
export function openPolicies(folder: string, settle: () => Promise<unknown> = () => delay(STEADY_MS)): () => Promise<PolicySet> {
  let kept: PolicySet | undefined;
  return async () => {
    let before: string | undefined;
    for (let tries = 0; tries <= MOST_TRIES; tries++) {
      if (tries > 0) await settle();
      const texts = readFolder(folder);
      const digest = digestOf(texts);
      if (kept?.digest === digest) return kept;
      if (digest === before) return (kept = setOf(folder, texts, digest));
      before = digest;
    }
    throw new Error(`${folder} is being changed: swap it as a whole, by a symbolic link`);
  };
}
