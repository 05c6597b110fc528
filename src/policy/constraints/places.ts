import { fits } from '../match.ts';
import type { ConstraintTable } from './define.ts';

const list = (globs: readonly string[]): string => globs.join(', ');

/** Who may be hit, and where. */
export const places: Pick<ConstraintTable, 'deny' | 'allowTargets' | 'allowTenants' | 'excludeDataClasses' | 'protectedNamespaces'> = {
  deny: (reason) => ({ reason }),
  allowTargets: (allowed, _facts, { targetKind, namespace }) => {
    const isAllowed = allowed.some(
      (one) => (!one.kind || fits(targetKind, one.kind)) && (!one.namespace || (namespace !== undefined && fits(namespace, one.namespace))),
    );
    if (isAllowed) return undefined;
    const limit = allowed.map(({ kind, namespace: spaces }) =>
      [kind && list(kind), spaces && `in ${list(spaces)}`].filter(Boolean).join(' '),
    );
    return {
      value: namespace === undefined ? targetKind : `${targetKind} in ${namespace}`,
      limit: `allowed: ${limit.join('; ')}`,
      reason: 'this target is not allowed',
    };
  },
  allowTenants: (allowed, { tenant }) =>
    tenant !== undefined && fits(tenant, allowed)
      ? undefined
      : {
          value: tenant ?? 'no tenant stated',
          limit: `allowed: ${list(allowed)}`,
          reason:
            tenant === undefined ? 'whose the targets are must be stated: write `metadata: { tenant: … }`' : 'this tenant is not allowed',
        },
  excludeDataClasses: (excluded, { dataClass }) =>
    fits(dataClass, excluded)
      ? { value: dataClass, limit: `excluded: ${list(excluded)}`, reason: 'targets that handle such data must not be experimented on' }
      : undefined,
  protectedNamespaces: (spaces, { repairNamespaces }, { namespace }) => {
    const found = [...(namespace === undefined ? [] : [namespace]), ...repairNamespaces].find((name) => fits(name, spaces));
    if (found === undefined) return undefined;
    const reason = found === namespace ? 'this namespace is protected' : 'this namespace is protected, and a runbook would act in it';
    return { value: found, limit: `protected: ${list(spaces)}`, reason };
  },
};
