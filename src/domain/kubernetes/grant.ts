import type { Unmet } from '../baseline.ts';
import { describeNeed, roleFor, type AccessNeed } from './access.ts';

/** What a site may do in its cluster of what an experiment needs. */
export interface AccessReport {
  /** Who asks, as the API server names it; absent when it does not tell. */
  user?: string;
  needs: (AccessNeed & { allowed: boolean })[];
  /** Why nobody knows: no cluster, credentials that are not taken. Then no verb counts as allowed. */
  unknown?: string;
}

/** How what is missing is granted. */
export interface Grant {
  /** Roles to apply, YAML. */
  roles: string;
  /** What binds them, one command each. */
  commands: string[];
}

const missingOf = ({ needs }: AccessReport): AccessNeed[] => needs.filter(({ allowed }) => !allowed);

const placeOf = ({ namespace }: AccessNeed): string => namespace ?? '';

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** How `kubectl create rolebinding` names a user. */
function subjectOf(user: string | undefined): string {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user ?? '') ?? [];
  if (namespace !== undefined && name !== undefined) return `--serviceaccount=${namespace}:${name}`;
  return user === undefined ? '--user=USER' : `--user=${quoted(user)}`;
}

/**
 * The Roles that grant what is missing, and the commands that bind them. A Role holds all that the experiment needs in its namespace, under the
 * experiment's name, so that applying it once more never takes a verb away.
 * @returns undefined when nothing is missing
 */
export function grantOf(report: AccessReport, experiment: string): Grant | undefined {
  const places = new Set(missingOf(report).map(placeOf));
  if (places.size === 0) return undefined;
  const name = `breakwater-${experiment}`;
  const needed = report.needs.filter((need) => places.has(placeOf(need)));
  const subject = subjectOf(report.user);
  const commands = [...places].map((place) =>
    place === ''
      ? `kubectl create clusterrolebinding ${name} --clusterrole=${name} ${subject}`
      : `kubectl create rolebinding ${name} --namespace=${place} --role=${name} ${subject}`,
  );
  return { roles: roleFor(needed, name), commands };
}

/** What stands in the way of a wave: each missing verb, and the Roles that would grant them. */
export function accessObstacles(report: AccessReport, experiment: string): Unmet[] {
  const probe = 'access to the cluster';
  if (report.unknown !== undefined) return [{ probe, tolerance: 'known', why: report.unknown }];
  const user = report.user ?? 'the user of this site';
  const grant = grantOf(report, experiment);
  if (grant === undefined) return [];
  return [
    ...missingOf(report).map((need): Unmet => ({ probe, tolerance: describeNeed(need), why: `${user} may not` })),
    { probe, tolerance: 'granted', why: `apply this and bind it to ${user} (${grant.commands.join('; ')}):\n${grant.roles}` },
  ];
}
