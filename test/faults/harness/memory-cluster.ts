import { execFile } from 'node:child_process';
import type * as z from 'zod';
import { KubernetesError, type KubernetesPort, type Patch } from '../../../src/domain/kubernetes/port.ts';
import { collectionPath, objectPath, type ObjectRef } from '../../../src/domain/kubernetes/resources.ts';

type Json = Record<string, unknown>;
interface Kept {
  metadata: { name: string; uid: string; namespace?: string; resourceVersion?: string; [field: string]: unknown };
  [field: string]: unknown;
}

/**
 * An API server in memory, with uid preconditions, versions, evictions and budgets. A program in a container is run on this machine, without a
 * shell of its own, so that the scripts are really run; their victims are processes that the test started.
 */
export class MemoryCluster implements KubernetesPort {
  readonly fieldManager = 'breakwater';
  readonly objects = new Map<string, Kept>();
  /** What was asked for, changes only. */
  readonly changes: string[] = [];
  /** Called before a change is made, and after it: may throw, as a connection does. */
  before: (change: string) => void = () => undefined;
  after: (change: string) => void = () => undefined;
  refusedEviction: KubernetesError | undefined;
  settings: string[] = [];
  /** Only for faults that find their process by its arguments: what this machine calls process 1 is nobody's victim. */
  runsPrograms = false;
  private version = 1;

  put(path: string, object: Json & { metadata: Json }): void {
    const { metadata } = object;
    this.objects.set(path, { ...object, metadata: { ...(metadata as Kept['metadata']), resourceVersion: String(this.version++) } });
  }

  protectedNamespaces = (): Promise<readonly string[]> => Promise.resolve(this.settings);

  read<T>(ref: ObjectRef, schema: z.ZodType<T>): Promise<T | undefined> {
    const found = this.objects.get(objectPath(ref));
    return Promise.resolve(found && schema.parse(structuredClone(found)));
  }

  list<T>(resource: Parameters<KubernetesPort['list']>[0], { namespace }: { namespace?: string }, schema: z.ZodType<T>): Promise<T[]> {
    const all = [...this.objects].filter(([path, { metadata }]) => {
      const collection = collectionPath(resource, metadata.namespace);
      return path.startsWith(`${collection}/`) && (namespace === undefined || metadata.namespace === namespace);
    });
    return Promise.resolve(all.map(([, object]) => schema.parse(structuredClone(object))));
  }

  get = (): Promise<undefined> => Promise.resolve(undefined);

  remove(ref: ObjectRef, { uid }: { uid: string }): Promise<void> {
    return this.change(`DELETE ${objectPath(ref)}`, () => {
      this.found(objectPath(ref), uid);
      this.objects.delete(objectPath(ref));
    });
  }

  create<T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T> {
    return this.change(`POST ${path}`, () => {
      if (this.refusedEviction) throw this.refusedEviction;
      const pod = path.replace(/\/eviction$/, '');
      this.found(pod, (body as { deleteOptions: { preconditions: { uid: string } } }).deleteOptions.preconditions.uid);
      this.objects.delete(pod);
      return schema.parse({});
    });
  }

  patch(ref: ObjectRef, { kind, body }: Patch): Promise<void> {
    const path = objectPath({ resource: ref.resource, name: ref.name, ...(ref.namespace !== undefined && { namespace: ref.namespace }) });
    return this.change(`PATCH ${objectPath(ref)}`, () => {
      const object = this.found(path);
      if (kind === 'json') applyOperations(object, body as { op: string; path: string; value: unknown }[]);
      else this.merge(object, body as Json, kind === 'apply');
      object.metadata.resourceVersion = String(this.version++);
    });
  }

  exec({ argv, timeoutMs }: Parameters<KubernetesPort['exec']>[0]): ReturnType<KubernetesPort['exec']> {
    if (!this.runsPrograms) return Promise.reject(new Error('no program is run in this test'));
    const [program = '', ...rest] = argv;
    return new Promise((resolve) =>
      execFile(program, rest, { timeout: timeoutMs, maxBuffer: 64 * 1024 ** 2 }, (error, stdout, stderr) =>
        resolve({ exitCode: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
      ),
    );
  }

  /** @param isWhole fields of the specification are replaced, as an apply does with atomic lists and maps */
  private merge(object: Kept, body: Json, isWhole: boolean): void {
    const { uid, resourceVersion } = (body['metadata'] ?? {}) as Json;
    if (uid !== undefined && uid !== object.metadata.uid) throw new KubernetesError('uid', 409, 'Conflict');
    if (resourceVersion !== undefined && resourceVersion !== object.metadata.resourceVersion)
      throw new KubernetesError('the object has been modified', 409, 'Conflict');
    if (isWhole) this.own(object, Object.keys(body['spec'] ?? {}));
    mergeInto(object, body);
  }

  /** An apply by force: what it names is its own alone, and what it owned and does not name any more goes. */
  private own(object: Kept, sections: string[]): void {
    const spec = object['spec'] as Json;
    const named = sections.map((section) => `f:${section}`);
    const entries = structuredClone(object.metadata['managedFields'] ?? []) as { manager: string; fieldsV1: { 'f:spec': Json } }[];
    const earlier = entries.find(({ manager }) => manager === this.fieldManager)?.fieldsV1['f:spec'] ?? {};
    const others = entries.filter(({ manager }) => manager !== this.fieldManager);
    for (const { fieldsV1 } of others) for (const field of named) delete fieldsV1['f:spec'][field];
    for (const field of new Set([...named, ...Object.keys(earlier)]))
      if (others.every(({ fieldsV1 }) => !(field in fieldsV1['f:spec']))) delete spec[field.slice(2)];
    const mine = { 'f:spec': Object.fromEntries(named.map((field) => [field, {}])) };
    const rest = others.filter(({ fieldsV1 }) => Object.keys(fieldsV1['f:spec']).length > 0);
    object.metadata['managedFields'] = [...rest, { manager: this.fieldManager, operation: 'Apply', apiVersion: 'x/v1', fieldsV1: mine }];
  }

  private found(path: string, uid?: string): Kept {
    const found = this.objects.get(path);
    if (!found) throw new KubernetesError(`${path} not found`, 404, 'NotFound');
    if (uid !== undefined && found.metadata.uid !== uid) throw new KubernetesError(`${path}: uid`, 409, 'Conflict');
    return found;
  }

  private async change<T>(what: string, make: () => T): Promise<T> {
    await Promise.resolve();
    this.before(what);
    const answer = make();
    this.changes.push(what);
    this.after(what);
    return answer;
  }
}

/** https://www.rfc-editor.org/rfc/rfc7396 */
function mergeInto(object: Json, body: Json): void {
  for (const [key, value] of Object.entries(body))
    if (value === null) delete object[key];
    else if (typeof value === 'object' && !Array.isArray(value)) mergeInto((object[key] ??= {}) as Json, value as Json);
    else object[key] = value;
}

/** `test` and `replace` of https://www.rfc-editor.org/rfc/rfc6902. */
function applyOperations(object: Json, operations: { op: string; path: string; value: unknown }[]): void {
  for (const { op, path, value } of operations) {
    const keys = path.split('/').slice(1);
    const parent = keys.slice(0, -1).reduce((at, key) => at[key] as Json, object);
    const key = keys.at(-1) ?? '';
    const isMissing = key === 'replicas' && parent[key] === 0; // the API leaves out a count of 0
    const isSame = isMissing ? value === null : parent[key] === value;
    if ((op === 'test' && !isSame) || (op === 'replace' && isMissing)) throw new KubernetesError(`${op} of ${path} failed`, 422, 'Invalid');
    if (op === 'replace' || op === 'add') parent[key] = value;
  }
}
