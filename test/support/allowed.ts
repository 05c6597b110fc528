import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments, parse, stringify } from 'yaml';
import { openKubernetes } from '../../src/adapters/kubernetes/index.ts';
import { needsOf, roleFor, type AccessRule } from '../../src/domain/kubernetes/access.ts';
import type { KubernetesPort } from '../../src/domain/kubernetes/port.ts';
import { apply, freshDir, kubeconfig, kubectl } from './cluster.ts';
import { readFileSync } from 'node:fs';

let made = 0;

/** As the administrator. */
export const adminPort = (): KubernetesPort => openKubernetes({ kubeconfig: kubeconfig(), protectedNamespaces: [] });

/**
 * As a service account that may do what the rules say and nothing else: the Role that Breakwater itself would ask for.
 * @param namespace where the account lives
 */
export const portAllowed = async (namespace: string, rules: readonly AccessRule[]): Promise<KubernetesPort> =>
  openKubernetes({ kubeconfig: await kubeconfigAllowed(namespace, rules), protectedNamespaces: [] });

/** The same, as the path of a kubeconfig file. */
export async function kubeconfigAllowed(namespace: string, rules: readonly AccessRule[]): Promise<string> {
  const account = `account-${++made}`;
  const name = `${namespace}-${account}`;
  const roles = parseAllDocuments(roleFor(needsOf(rules))).map(
    (document) => document.toJS() as { kind: string; metadata: { namespace?: string } },
  );
  await kubectl('create', 'serviceaccount', account, '--namespace', namespace);
  for (const role of roles) {
    const metadata = { ...role.metadata, name };
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: role.kind, name };
    const subjects = [{ kind: 'ServiceAccount', name: account, namespace }];
    await apply(
      { ...role, metadata },
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: `${role.kind}Binding`, metadata, roleRef, subjects },
    );
  }
  const token = (await kubectl('create', 'token', account, '--namespace', namespace)).trim();
  const config = parse(readFileSync(kubeconfig(), 'utf8')) as { users: { user: object }[] };
  for (const user of config.users) user.user = { token };
  const file = join(await freshDir(account), 'kubeconfig');
  await writeFile(file, stringify(config), { mode: 0o600 });
  return file;
}
