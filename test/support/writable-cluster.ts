import type * as z from 'zod';
import type { AccessNeed } from '../../src/domain/kubernetes/access.ts';
import { KubernetesError, type KubernetesPort, type Patch } from '../../src/domain/kubernetes/port.ts';
import { collectionPath, objectPath, type ObjectRef, type Resource } from '../../src/domain/kubernetes/resources.ts';
import { noCluster } from '../../src/adapters/kubernetes/absent.ts';

type Json = Record<string, unknown>;
interface Stored {
  metadata: Json & { resourceVersion: string; labels?: Record<string, string> };
  [field: string]: unknown;
}

/** An API server with as much as a test puts into it, which keeps what it was asked for. */
export interface MemoryCluster extends KubernetesPort {
  put(resource: Resource, object: Json & { metadata: Json & { name: string; namespace?: string } }): void;
  object(ref: ObjectRef): Stored | undefined;
  /** What a Role must grant for all that was asked. */
  used: AccessNeed[];
  /** Called before each change; what it throws is what the caller gets. */
  before?: ((ref: ObjectRef) => void) | undefined;
  /** Called after each change: throw here, and the change is made but nobody hears of it. */
  after?: ((ref: ObjectRef) => void) | undefined;
}

/** RFC 7386. */
function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Json = { ...(typeof target === 'object' && target !== null ? (target as Json) : {}) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}

/** As much of RFC 6902 as is needed: whole members are set. */
function set(object: Json, path: string, value: unknown): void {
  const keys = path.slice(1).split('/');
  const last = keys.pop() ?? '';
  keys.reduce((inner, key) => inner[key] as Json, object)[last] = value;
}

function patched(stored: Stored, { kind, body }: Patch): Stored {
  if (kind === 'merge') return merged(stored, body) as Stored;
  const result = structuredClone(stored);
  for (const { path, value } of body as { path: string; value: unknown }[]) set(result, path, value);
  return result;
}

const refuse = (status: number, reason: string) => new KubernetesError(`answered ${status}`, status, reason);

/** What is thrown is a rejection. */
const answer = <T>(work: () => T): Promise<T> => Promise.resolve().then(work);

export function memoryCluster(protectedNamespaces: string[] = []): MemoryCluster {
  const objects = new Map<string, Stored>();
  let version = 0;
  const used: AccessNeed[] = [];
  const uses = (verb: string, { group, plural }: Resource, namespace?: string, subresource?: string): void => {
    used.push({
      verb,
      group,
      resource: subresource === undefined ? plural : `${plural}/${subresource}`,
      ...(namespace !== undefined && { namespace }),
    });
  };
  const useOf = (verb: string, { resource, namespace, name, subresource }: ObjectRef) =>
    uses(verb, resource, resource.plural === 'namespaces' ? name : namespace, subresource); // RBAC: a namespace is in itself
  const pathOf = ({ resource, namespace, name }: ObjectRef) =>
    objectPath({ resource, name, ...(namespace !== undefined && { namespace }) });
  const found = (ref: ObjectRef): Stored => {
    const stored = objects.get(pathOf(ref));
    if (!stored) throw refuse(404, 'NotFound');
    return stored;
  };
  const matches = (labels: Record<string, string> = {}, selector = ''): boolean =>
    selector === '' || selector.split(',').every((one) => labels[one.split('=')[0] ?? ''] === one.split('=')[1]);
  const cluster: MemoryCluster = {
    ...noCluster('of memory'),
    fieldManager: 'breakwater',
    used,
    protectedNamespaces: () => Promise.resolve(protectedNamespaces),
    put(resource, object) {
      const { name, namespace } = object.metadata;
      const metadata = { uid: `uid-of-${name}`, generation: 1, ...object.metadata, resourceVersion: String(++version) };
      objects.set(pathOf({ resource, name, ...(namespace !== undefined && { namespace }) }), { ...object, metadata });
    },
    object: (ref) => objects.get(pathOf(ref)),
    read: (ref, schema) =>
      answer(() => {
        useOf('get', ref);
        const stored = objects.get(pathOf(ref));
        return stored && schema.parse(stored);
      }),
    list: <T>(resource: Resource, { namespace, labelSelector }: { namespace?: string; labelSelector?: string }, schema: z.ZodType<T>) =>
      answer(() => {
        uses('list', resource, namespace);
        const within = [...objects].filter(([path]) => path.startsWith(`${collectionPath(resource, namespace)}/`)).map(([, one]) => one);
        return within.filter(({ metadata }) => matches(metadata.labels, labelSelector)).map((one) => schema.parse(one));
      }),
    patch: (ref, patch) =>
      answer(() => {
        useOf('patch', ref);
        cluster.before?.(ref);
        const stored = found(ref);
        const next = patched(stored, patch);
        if (next.metadata.resourceVersion !== stored.metadata.resourceVersion) throw refuse(409, 'Conflict');
        const isNew = JSON.stringify(next['spec']) !== JSON.stringify(stored['spec']);
        const generation = Number(stored.metadata['generation']) + (isNew ? 1 : 0);
        objects.set(pathOf(ref), { ...next, metadata: { ...next.metadata, generation, resourceVersion: String(++version) } });
        cluster.after?.(ref);
      }),
    remove: (ref, { uid }) =>
      answer(() => {
        useOf('delete', ref);
        cluster.before?.(ref);
        if (found(ref).metadata['uid'] !== uid) throw refuse(409, 'Conflict');
        objects.delete(pathOf(ref));
        cluster.after?.(ref);
      }),
    get: (path, schema) => {
      const stored = objects.get(path);
      return Promise.resolve(stored && schema.parse(stored));
    },
  };
  return cluster;
}
