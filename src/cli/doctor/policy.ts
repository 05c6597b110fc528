import type { Config } from '../../config.ts';
import { ok, orFail, warn, type Finding } from './finding.ts';

/** The policy files that this process is told of; a worker elsewhere may be told of others. */
export async function checkPolicy({ policyDir }: Pick<Config, 'policyDir'>): Promise<Finding> {
  if (policyDir === undefined)
    return warn(
      'policy',
      'BREAKWATER_POLICY is not set here: only the guardrails in code hold',
      'name a folder of policy files, for the control workers too; `breakwater plan` tells what a worker has',
    );
  try {
    const { readPolicies } = await import('../../policy/folder.ts');
    const { rules, files, digest } = readPolicies(policyDir);
    return ok('policy', `${rules.length} rules in ${files.length} files, digest ${digest.slice(0, 12)}`);
  } catch (cause) {
    return orFail('policy', 'every plan is denied until this is right: `breakwater policy test` tells all problems')(cause);
  }
}

/** The bundle that this process is told of, if any: whether it is whole, and what its digest is. */
export async function checkRego({ regoBundle }: Pick<Config, 'regoBundle'>): Promise<Finding[]> {
  if (regoBundle === undefined) return [];
  try {
    const { readBundle } = await import('../../policy/bundle/read.ts');
    const { digest, unpack } = await readBundle(regoBundle);
    await unpack();
    return [ok('rego', `bundle ${digest.slice(0, 12)}`)];
  } catch (cause) {
    return [orFail('rego', 'every plan is denied until this is right: `opa build -t wasm -e breakwater/decision` makes a bundle')(cause)];
  }
}
