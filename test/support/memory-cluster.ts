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
  };
  const unused = (): Promise<never> => Promise.reject(new Error('targets only look'));
  return {
    asked,
    fieldManager: 'test',
    protectedNamespaces: () => Promise.resolve(protectedNamespaces),
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
    },
    remove: unused,
    patch: unused,
    create: unused,
    get: unused,
    exec: unused,
  };
}
