import * as z from 'zod';
import type { Backend, Rule } from './rules.ts';

const Destination = z.object({
  host: z.string(),
  subset: z.string().optional(),
  port: z.object({ number: z.int().optional() }).optional(),
});
const route = z.array(z.object({ destination: Destination, weight: z.int().min(0).optional() })).default([]);
const Mirror = Destination.nullish();

const Spec = z.object({
  http: z
    .array(
      z.object({
        route,
        delegate: z.unknown().optional(),
        mirror: Mirror,
        mirrors: z.array(z.object({ destination: Destination })).default([]),
      }),
    )
    .default([]),
  tls: z.array(z.object({ route })).default([]),
  tcp: z.array(z.object({ route })).default([]),
});
type Destination = z.infer<typeof Destination>;

/** Short names are of the VirtualService's own namespace; forms that leave out the cluster's domain are taken for the same host. */
const fullHost = (host: string, namespace: string): string => {
  const [name = '', space = namespace, ...rest] = host.split('.');
  const isService = rest.length === 0 || rest.join('.') === 'svc' || rest.join('.') === 'svc.cluster.local';
  return isService ? `${name}.${space}.svc.cluster.local` : host;
};

/**
 * Reads the rules of an Istio VirtualService: http, tls and tcp alike. A single destination gets all, whatever its weight; of several, one without weight
 * gets nothing. A rule without destinations redirects or answers itself.
 * @returns why nobody knows what the canary gets: a delegate decides, requests are mirrored to it, or its host is named without a subset
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRouteDestination
 */
export function readVirtualService(
  spec: unknown,
  namespace: string,
  canary: { host: string; subset?: string | undefined },
): Rule[] | string {
  const parsed = Spec.safeParse(spec);
  if (!parsed.success) return `its routes cannot be read: ${z.prettifyError(parsed.error).replace(/\s+/g, ' ').slice(0, 200)}`;
  const host = fullHost(canary.host, namespace);
  const isHost = (to: Destination): boolean => fullHost(to.host, namespace) === host;
  const isCanary = (to: Destination): boolean => isHost(to) && (canary.subset === undefined || to.subset === canary.subset);
  const isVague = (to: Destination): boolean => isHost(to) && canary.subset !== undefined && to.subset === undefined;

  const delegates = parsed.data.http.findIndex(({ delegate }) => delegate !== undefined && delegate !== null);
  if (delegates >= 0) return `http[${delegates}] leaves the decision to a delegate`;
  const mirrors = parsed.data.http.findIndex(({ mirror, mirrors: all }) =>
    [...(mirror ? [mirror] : []), ...all.map(({ destination }) => destination)].some((to) => isCanary(to) || isVague(to)),
  );
  if (mirrors >= 0) return `http[${mirrors}] mirrors requests to ${canary.host}: how much that is is not known`;

  const rules: Rule[] = [];
  for (const section of ['http', 'tls', 'tcp'] as const)
    for (const [index, { route: all }] of parsed.data[section].entries()) {
      if (all.some(({ destination }) => isVague(destination)))
        return `${section}[${index}] sends to ${canary.host} without a subset: how much of it subset ${canary.subset} gets is not known`;
      if (all.length > 1 && all.every(({ weight = 0 }) => weight === 0))
        return `${section}[${index}] has no weights for its ${all.length} destinations`;
      const counts = (weight: number | undefined): number => (all.length === 1 ? 1 : (weight ?? 0));
      const backends = all.map(({ destination: to, weight }): Backend => ({
        name: [fullHost(to.host, namespace), to.subset ?? '', to.port?.number ?? ''].join('/'),
        weight: weight ?? null,
        counts: counts(weight),
        isCanary: isCanary(to),
      }));
      rules.push({ section, index, backends });
    }
  return rules;
}
