import * as z from 'zod';
import type { Backend, Rule } from './rules.ts';

/** A reference to a backend: a Service of the route's namespace where nothing else is said. */
const Reference = z.object({
  group: z.string().default(''),
  kind: z.string().default('Service'),
  namespace: z.string().optional(),
  name: z.string(),
  port: z.int().optional(),
});
const Filter = z.object({ type: z.string(), requestMirror: z.object({ backendRef: Reference }).optional() });
const filters = z.array(Filter).default([]);

const Spec = z.object({
  rules: z
    .array(
      z.object({
        backendRefs: z.array(Reference.extend({ weight: z.int().min(0).optional(), filters })).default([]),
        filters,
      }),
    )
    .default([]),
});
type Reference = z.infer<typeof Reference>;

/**
 * Reads the rules of an HTTPRoute, of Gateway API or of Linkerd. A weight that is left out is 1. A rule without backends forwards nothing: it
 * redirects, or answers 500; so does one whose weights are all 0.
 * @returns why nobody knows what the canary gets: what is mirrored to it comes on top
 * @see https://gateway-api.sigs.k8s.io/reference/spec/#httpbackendref
 */
export function readHttpRoute(spec: unknown, namespace: string, canary: string): Rule[] | string {
  const parsed = Spec.safeParse(spec);
  if (!parsed.success) return `its rules cannot be read: ${z.prettifyError(parsed.error).replace(/\s+/g, ' ').slice(0, 200)}`;
  const isCanary = (to: Reference): boolean =>
    to.group === '' && to.kind === 'Service' && to.name === canary && (to.namespace ?? namespace) === namespace;
  const { rules } = parsed.data;
  const mirrors = rules.findIndex((rule) =>
    [...rule.filters, ...rule.backendRefs.flatMap((to) => to.filters)].some(
      ({ requestMirror }) => requestMirror && isCanary(requestMirror.backendRef),
    ),
  );
  if (mirrors >= 0) return `rules[${mirrors}] mirrors requests to ${canary}: how much that is is not known`;
  return rules.map(({ backendRefs }, index) => ({
    section: 'rules',
    index,
    backends: backendRefs.map((to): Backend => ({
      name: [to.kind, to.namespace ?? namespace, to.name, to.port ?? ''].join('/'),
      weight: to.weight ?? null,
      counts: to.weight ?? 1,
      isCanary: isCanary(to),
    })),
  }));
}

const Status = z.object({
  parents: z
    .array(
      z.object({
        conditions: z.array(z.object({ type: z.string(), status: z.string(), observedGeneration: z.int().optional() })).default([]),
      }),
    )
    .default([]),
});

/**
 * Why a route is not in effect as it is written now; undefined when it is: some parent has accepted it, and each that has, this generation of it.
 * A controller that does not say which generation it saw is taken to have seen this one.
 */
export function whyNotInEffect(status: unknown, generation: number | undefined): string | undefined {
  const { data } = Status.safeParse(status ?? {});
  const accepted = data?.parents.flatMap(({ conditions }) =>
    conditions.filter(({ type, status: is }) => type === 'Accepted' && is === 'True'),
  );
  if (!accepted || accepted.length === 0) return 'no controller has accepted it: its weights say nothing';
  const behind = accepted.find(({ observedGeneration }) => observedGeneration !== undefined && observedGeneration < (generation ?? 0));
  return behind && `its controller has seen generation ${behind.observedGeneration} of it, and this is ${generation}`;
}
