import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { readPolicies, type PolicySet } from '../../src/policy/folder.ts';

/** The folder of the example policies. */
export const examples = resolve(__dirname, '../../examples/policies');

/** Runs with a folder that holds these files, and takes it away. */
export function withFolder<T>(files: Record<string, string>, use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-policy-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A policy file with these rules. */
export const policyText = (rules: unknown[], name = 'test'): string =>
  stringify({ apiVersion: 'breakwater.dev/v1', kind: 'Policy', metadata: { name, owner: 'us', contact: '#us' }, rules });

/** The set of one policy with these rules. */
export const setOf = (rules: unknown[], files: Record<string, string> = {}): PolicySet =>
  withFolder({ 'test.yaml': policyText(rules), ...files }, readPolicies);
