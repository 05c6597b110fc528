import * as z from 'zod';
import { meetsLabels, parseLabelSelector } from '../../src/domain/kubernetes/label-selector.ts';
import { KubernetesError, type KubernetesPort } from '../../src/domain/kubernetes/port.ts';
import { nameOf } from '../../src/domain/kubernetes/resources.ts';

/** An API object as it is written. */
export interface RawObject {
  metadata: {
    name: string;
    uid: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    [key: string]: unknown;
  };
  [key: string]: unknown;
}

/** Objects by the plural of their kind, as `pods`. */
export type Objects = Record<string, RawObject[]>;

/** An API server in memory, for reading. @property asked every request, such as `list pods` or `read deployments/shop/web` */
export interface MemoryCluster extends KubernetesPort {
  asked: string[];
}

const field = (object: RawObject, path: string): unknown =>
  path.split('.').reduce<unknown>((value, part) => (value as Record<string, unknown> | undefined)?.[part], object);

const meetsFields = (object: RawObject, selector: string): boolean =>
  selector.split(',').every((part) => {
    const [, path = '', how, value] = /^(.+?)(==?|!=)(.*)$/.exec(part) ?? [];
    return ((field(object, path) ?? '') === value) === (how !== '!=');
  });

<<<<<<< HEAD
/**
 * @param forbidden requests that are refused with 403: `list replicasets`, `read namespaces/shop`
 * @param protectedNamespaces of the settings
 */
export function memoryCluster(
  objects: Objects,
  forbidden: readonly string[] = [],
  protectedNamespaces: readonly string[] = [],
): MemoryCluster {
  const asked: string[] = [];
  const ask = (request: string): void => {
    asked.push(request);
    if (forbidden.includes(request)) throw new KubernetesError(`${request} answered 403`, 403, 'Forbidden');
=======
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
>>>>>>> k8s-remedies
  };
  const unused = (): Promise<never> => Promise.reject(new Error('targets only look'));
  return {
    asked,
    fieldManager: 'test',
    protectedNamespaces: () => Promise.resolve(protectedNamespaces),
<<<<<<< HEAD
    async read(ref, schema) {
      ask(`read ${nameOf(ref)}`);
      const found = (objects[ref.resource.plural] ?? []).find(
        ({ metadata }) => metadata.name === ref.name && metadata.namespace === ref.namespace,
      );
      return Promise.resolve(found && schema.parse(found));
    },
    async list(resource, { namespace, labelSelector, fieldSelector }, schema) {
      ask(`list ${resource.plural}`);
      const found = (objects[resource.plural] ?? []).filter(
        (object) =>
          (namespace === undefined || object.metadata.namespace === namespace) &&
          (labelSelector === undefined || meetsLabels(parseLabelSelector(labelSelector), object.metadata.labels ?? {})) &&
          (fieldSelector === undefined || meetsFields(object, fieldSelector)),
      );
      return Promise.resolve(z.array(schema).parse(found));
=======
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
>>>>>>> k8s-remedies
    },
    remove: unused,
    patch: unused,
    create: unused,
    get: unused,
    exec: unused,
  };
}
