import { Agent, type RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';

/** Which cluster, and as whom. */
export interface ClusterSettings {
  /** Path of a kubeconfig file, or `in-cluster` for the service account of the pod that this process runs in. */
  kubeconfig: string;
  /** Context of the file; absent: its current one. */
  context?: string;
  /** Namespaces that nothing may be done in, in addition to `kube-*` and the own one. */
  protectedNamespaces: readonly string[];
}

/** What a request needs to reach the API server. Holds secrets: never in a message. */
export interface Access {
  server: string;
  headers: Record<string, string>;
  agent: Agent;
}

/**
 * Reads the cluster's address and credentials. The client library is loaded only here: 70 MB that a worker without a cluster does not pay.
 * @throws Error naming file and context when there is no such cluster
 */
export async function loadKubeConfig({ kubeconfig, context }: ClusterSettings): Promise<KubeConfig> {
  const { KubeConfig: Config } = await import('@kubernetes/client-node');
  const config = new Config();
  try {
    if (kubeconfig === 'in-cluster') config.loadFromCluster();
    else config.loadFromFile(kubeconfig);
  } catch (error) {
    throw new Error(`BREAKWATER_KUBECONFIG=${kubeconfig}: it cannot be read (${codeOf(error)}); expected a kubeconfig file, or in-cluster`);
  }
  if (context !== undefined) config.setCurrentContext(context);
  if (!config.getCurrentCluster() || !config.getCurrentUser()) {
    const known = config.getContexts().map(({ name }) => name);
    throw new Error(
      `BREAKWATER_KUBECONFIG=${kubeconfig}: there is no context '${config.getCurrentContext()}' with a cluster and a user; there are ${known.join(', ') || 'none'} (BREAKWATER_KUBE_CONTEXT)`,
    );
  }
  return config;
}

/** Gives each request its credentials: tokens rotate, connections are kept as long as the certificates stay. */
export function accessTo(config: KubeConfig): () => Promise<Access> {
  let kept: { agent: Agent; made: string } | undefined;
  return async () => {
    const server = config.getCurrentCluster()?.server ?? '';
    const options: RequestOptions = { headers: {} };
    await config.applyToHTTPSOptions(options);
    const { ca, cert, key, rejectUnauthorized, servername, auth, headers } = options as RequestOptions & { servername?: string };
    const made = JSON.stringify([ca, cert, key, rejectUnauthorized, servername]);
    if (kept?.made !== made) {
      const certificates = Object.fromEntries(
        Object.entries({ ca, cert, key, rejectUnauthorized, servername }).filter(([, v]) => v !== undefined),
      );
      // a proxy's agent comes from the library and keeps no connections
      const agent = config.getCurrentCluster()?.proxyUrl ? (options.agent as Agent) : new Agent({ keepAlive: true, ...certificates });
      kept?.agent.destroy();
      kept = { agent, made };
    }
    const basic = typeof auth === 'string' ? { Authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {};
    return { server, agent: kept.agent, headers: { ...(headers as Record<string, string>), ...basic } };
  };
}

const codeOf = (error: unknown): string => {
  const { code, name } = error as NodeJS.ErrnoException;
  return code ?? name; // the message of a parser quotes the file, and that holds keys
};
