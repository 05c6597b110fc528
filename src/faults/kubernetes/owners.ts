import * as z from 'zod';
import { KubernetesError } from '../../domain/kubernetes/port.ts';
import type { ObjectRef } from '../../domain/kubernetes/resources.ts';
import type { FaultPorts } from '../ports.ts';

/** Who wrote which fields, as the API server keeps it. Whole, because it is written back. */
export const ManagedField = z.looseObject({
  manager: z.string().default('unknown'),
  operation: z.string().default(''),
  apiVersion: z.string().default(''),
  time: z.string().optional(),
  subresource: z.string().optional(),
  fieldsV1: z.record(z.string(), z.unknown()).optional(),
});
export type ManagedField = z.infer<typeof ManagedField>;

/** Who owned a field of the specification, as an undo record keeps it. */
export const FieldOwner = z.strictObject({ section: z.string(), manager: z.string(), operation: z.string(), apiVersion: z.string() });
export type FieldOwner = z.infer<typeof FieldOwner>;

const SPEC = 'f:spec';
type Fields = Record<string, unknown>;
const fieldsOf = (entry: ManagedField): Fields => (entry.fieldsV1?.[SPEC] ?? {}) as Fields;

/** Who owns these fields of the specification now, we ourselves apart. */
export const ownersOf = (managed: readonly ManagedField[], sections: readonly string[], us: string): FieldOwner[] =>
  managed
    .filter(({ manager, subresource }) => manager !== us && subresource === undefined)
    .flatMap((entry) =>
      sections
        .filter((section) => `f:${section}` in fieldsOf(entry))
        .map((section) => ({ section, manager: entry.manager, operation: entry.operation, apiVersion: entry.apiVersion })),
    );

const isApplied = ({ manager, operation, subresource }: ManagedField, us: string): boolean =>
  manager === us && operation === 'Apply' && subresource === undefined;

/** The fields of the specification that an apply of ours owns now. */
export const ownedSections = (managed: readonly ManagedField[], us: string): string[] =>
  managed.filter((entry) => isApplied(entry, us)).flatMap((entry) => Object.keys(fieldsOf(entry)).map((field) => field.replace(/^f:/, '')));

/** What was taken over, and from whom: a field may have been nobody's. */
export interface Takeover {
  sections: readonly string[];
  owners: readonly FieldOwner[];
}

/**
 * Gives the fields back that an apply of ours has taken over: ours is not the owner of them any more, and who was before is again, so that
 * nobody's next apply meets a conflict. What ours owns beside them, for another run, it keeps. Pure.
 */
export function handedBack(managed: readonly ManagedField[], { sections, owners }: Takeover, us: string, time: string): ManagedField[] {
  const entries = managed.flatMap((entry) => (isApplied(entry, us) ? without(entry, sections) : [structuredClone(entry)]));
  for (const { section, manager, operation, apiVersion } of owners) {
    let entry = entries.find((one) => one.manager === manager && one.operation === operation && one.subresource === undefined);
    if (!entry) entries.push((entry = { manager, operation, apiVersion, time, fieldsType: 'FieldsV1', fieldsV1: {} }));
    const all: Fields = (entry.fieldsV1 ??= {});
    const spec = (all[SPEC] ??= {}) as Fields;
    spec[`f:${section}`] ??= {};
  }
  return entries;
}

/** @returns nothing when nothing is left of it */
function without(entry: ManagedField, sections: readonly string[]): ManagedField[] {
  const left = Object.fromEntries(Object.entries(fieldsOf(entry)).filter(([field]) => !sections.includes(field.replace(/^f:/, ''))));
  const { [SPEC]: _before, ...others } = entry.fieldsV1 ?? {};
  const fieldsV1 = { ...others, ...(Object.keys(left).length > 0 && { [SPEC]: left }) };
  return Object.keys(fieldsV1).length > 0 ? [{ ...entry, fieldsV1 }] : [];
}

/** An object as far as its owners go. */
export interface Owned {
  resourceVersion: string;
  managedFields: readonly ManagedField[];
}

/** Controllers write the status of what was just changed: how often it is tried to hand fields back meanwhile. */
const TRIES = 5;

/**
 * Hands the fields back.
 * @param read the object as it is now; undefined when it is gone
 * @returns undefined; or what is left, in words: that harms nobody's traffic, and whoever applies next has to force
 */
export async function handBack(
  { kubernetes }: Pick<FaultPorts, 'kubernetes'>,
  ref: ObjectRef,
  read: () => Promise<Owned | undefined>,
  taken: Takeover,
  signal: AbortSignal,
): Promise<string | undefined> {
  const us = kubernetes.fieldManager;
  let failure = '';
  try {
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      const now = await read();
      const owned = ownedSections(now?.managedFields ?? [], us);
      if (!now || !taken.sections.some((section) => owned.includes(section))) return undefined;
      const fields = handedBack(now.managedFields, taken, us, new Date().toISOString());
      const body = [
        { op: 'test', path: '/metadata/resourceVersion', value: now.resourceVersion },
        { op: 'replace', path: '/metadata/managedFields', value: fields },
      ];
      const refused = await kubernetes.patch(ref, { kind: 'json', body }, signal).catch(changedMeanwhile);
      if (refused === undefined) return undefined;
      failure = refused;
    }
  } catch (error) {
    signal.throwIfAborted();
    failure = error instanceof Error ? error.message : String(error);
  }
  return `the field manager ${us} still owns what it wrote (${failure})`;
}

/** @throws whatever says something else than that the object is another by now */
function changedMeanwhile(error: unknown): string {
  if (error instanceof KubernetesError && (error.status === 409 || error.status === 422)) return error.message;
  throw error;
}
