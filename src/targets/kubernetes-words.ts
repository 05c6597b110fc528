import * as z from 'zod';

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** A namespace: never defaulted, so that a file says where it acts. */
export const NamespaceName = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, "expected a namespace's name: lower-case letters, digits and hyphens")
  .describe('there is no default: the file says where it acts');

/** The name of an object. */
export const ObjectName = z.string().regex(SUBDOMAIN, "expected an object's name: lower-case letters, digits, hyphens and dots");

/** Names of objects. */
export const ObjectNames = z.array(ObjectName).min(1);

/** A workload that owns pods. */
export const OwnerSpec = z.strictObject({ kind: z.enum(['Deployment', 'StatefulSet', 'DaemonSet', 'Rollout']), name: ObjectName });
export type OwnerSpec = z.infer<typeof OwnerSpec>;

/** As `kubectl --field-selector`. */
export const FieldSelector = z
  .string()
  .max(500)
  .regex(
    /^[A-Za-z][A-Za-z0-9.]*(==?|!=)[^,=!\s]*(,[A-Za-z][A-Za-z0-9.]*(==?|!=)[^,=!\s]*)*$/,
    'expected a field selector, such as spec.nodeName=node1',
  );
