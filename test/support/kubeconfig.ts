import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';

/** Names the administrator's kubeconfig of the cluster that the tests use. */
export const KUBECONFIG = 'BREAKWATER_TEST_KUBECONFIG';

const Kubeconfig = z.object({
  clusters: z.tuple([z.object({ cluster: z.object({ server: z.url(), 'certificate-authority-data': z.base64() }) })]),
  users: z.tuple([z.object({ user: z.object({ 'client-certificate-data': z.base64(), 'client-key-data': z.base64() }) })]),
});

/** How the API server is reached, as the administrator. Certificates and key are PEM. */
export interface ApiAccess {
  server: URL;
  authority: string;
  certificate: string;
  key: string;
}

/** @returns the path of the administrator's kubeconfig. @throws Error when there is no cluster */
export function kubeconfig(): string {
  const file = process.env[KUBECONFIG];
  if (!file) throw new Error(`${KUBECONFIG} is not set: use describeWithCluster`);
  return resolve(file);
}

/** @throws Error when the kubeconfig holds other than one cluster and one user with a client certificate */
export function apiAccess(): ApiAccess {
  const { clusters, users } = Kubeconfig.parse(parse(readFileSync(kubeconfig(), 'utf8')));
  const decode = (base64: string) => Buffer.from(base64, 'base64').toString();
  return {
    server: new URL(clusters[0].cluster.server),
    authority: decode(clusters[0].cluster['certificate-authority-data']),
    certificate: decode(users[0].user['client-certificate-data']),
    key: decode(users[0].user['client-key-data']),
  };
}
