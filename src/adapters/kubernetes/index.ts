import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { KubernetesError, type KubernetesPort, type ListQuery, type Patch } from '../../domain/kubernetes/port.ts';
import { collectionPath, nameOf, objectPath, type Resource } from '../../domain/kubernetes/resources.ts';
import { accessTo, loadKubeConfig, type ClusterSettings } from './connect.ts';
import { createRequests } from './requests.ts';

export type { ClusterSettings } from './connect.ts';

const FIELD_MANAGER = 'breakwater';
const PAGE = '500';
/** Where a pod finds the name of its own namespace. */
const OWN_NAMESPACE = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';

const CONTENT_TYPES = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

const Page = z.object({ metadata: z.object({ continue: z.string().optional() }).default({}), items: z.array(z.unknown()) });

/** What a connection consists of. */
interface Connection {
  send: ReturnType<typeof createRequests>;
  exec: KubernetesPort['exec'];
}

async function connect(settings: ClusterSettings): Promise<Connection> {
  const config = await loadKubeConfig(settings);
  const { createExec } = await import('./exec.ts');
  return { send: createRequests(accessTo(config)), exec: createExec(config) };
}

/** A cluster that is connected to when it is first used. Every call rejects, naming the setting, when its kubeconfig is of no use. */
export function openKubernetes(settings: ClusterSettings): KubernetesPort {
  let connection: Promise<Connection> | undefined;
  const connected = (): Promise<Connection> =>
    (connection ??= connect(settings).catch((error: unknown) => {
      connection = undefined; // a file that was put right is read again
      throw error;
    }));
  const send: Connection['send'] = async (request, signal) => (await connected()).send(request, signal);

  const patchOf = (patch: Patch): { contentType: string; body: unknown; query: Record<string, string> } => ({
    contentType: CONTENT_TYPES[patch.kind],
    body: patch.body,
    query: { fieldManager: FIELD_MANAGER, ...(patch.kind === 'apply' && patch.force === true && { force: 'true' }) },
  });
  return {
    fieldManager: FIELD_MANAGER,
    async protectedNamespaces() {
      const own = settings.kubeconfig === 'in-cluster' ? [(await readFile(OWN_NAMESPACE, 'utf8')).trim()] : [];
      return [...own, ...settings.protectedNamespaces];
    },
    exec: async (command, signal) => (await connected()).exec(command, signal),
    async read(ref, schema, signal) {
      const body = await send({ method: 'GET', path: objectPath(ref), again: 'reads' }, signal);
      return body === undefined ? undefined : parse(schema, body, nameOf(ref));
    },
    list: (resource, query, schema, signal) => listAll(send, resource, query, schema, signal),
    async get(path, schema, signal) {
      const body = await send({ method: 'GET', path, again: 'reads' }, signal);
      return body === undefined ? undefined : parse(schema, body, path);
    },
    async remove(ref, preconditions, signal, gracePeriodSeconds) {
      const body = { preconditions, ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }) };
      await send({ method: 'DELETE', path: objectPath(ref), body, again: 'refused' }, signal);
    },
    async patch(ref, patch, signal, dryRun = false) {
      const { query, ...request } = patchOf(patch);
      await send(
        { method: 'PATCH', path: objectPath(ref), ...request, query: { ...query, ...(dryRun && { dryRun: 'All' }) }, again: 'refused' },
        signal,
      );
    },
    async create(path, body, schema, signal) {
      // a refused eviction is a decision of its disruption budget, and whoever asks again asks for another
      return parse(schema, await send({ method: 'POST', path, body, again: /\/eviction$/.test(path) ? 'never' : 'refused' }, signal), path);
    },
  };
}

async function listAll<T>(
  send: ReturnType<typeof createRequests>,
  resource: Resource,
  { namespace, labelSelector, fieldSelector }: ListQuery,
  schema: z.ZodType<T>,
  signal: AbortSignal,
): Promise<T[]> {
  const path = collectionPath(resource, namespace);
  const selectors = { ...(labelSelector !== undefined && { labelSelector }), ...(fieldSelector !== undefined && { fieldSelector }) };
  const found: T[] = [];
  for (let next: string | undefined, isFirst = true; isFirst || next; isFirst = false) {
    const query = { limit: PAGE, ...selectors, ...(next && { continue: next }) };
    const body = await send({ method: 'GET', path, query, again: 'reads' }, signal);
    if (body === undefined)
      throw new KubernetesError(`GET ${path} answered 404: this cluster does not serve ${resource.plural}`, 404, 'NotFound');
    const page = parse(Page, body, path);
    for (const item of page.items) found.push(parse(schema, item, path));
    next = page.metadata.continue;
  }
  return found;
}

function parse<T>(schema: z.ZodType<T>, body: unknown, where: string): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new Error(
    `${where}: the API server's answer is not what was expected: ${z.prettifyError(parsed.error).replace(/\s+/g, ' ').slice(0, 300)}`,
  );
}
