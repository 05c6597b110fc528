import { AnyObject } from '../domain/kubernetes/objects.ts';
import { ownerName, WORKLOADS, type Owner } from '../domain/kubernetes/owners.ts';
import type { KubernetesPort } from '../domain/kubernetes/port.ts';
import { OPT_IN, optInRefusal, type Annotated } from '../domain/kubernetes/protection.ts';
import { nameOf, NAMESPACES, type ObjectRef } from '../domain/kubernetes/resources.ts';
import { isForbidden, type Belonging } from './kubernetes-owners.ts';

/** How many objects are asked for at the same time. */
const ASKED_AT_ONCE = 8;

/** What an object says about itself, or why that is not known: then it did not opt in. */
type Said = { annotations: Readonly<Record<string, string>> } | { unknown: string };

const speaks = (annotations: Readonly<Record<string, string>> | undefined): boolean => annotations !== undefined && OPT_IN in annotations;

/** Something that may be hit, as far as opting in goes. */
export interface Asked {
  /** What a person calls it: `pod web-1`. */
  what: string;
  annotations: Readonly<Record<string, string>>;
  belonging: Belonging;
}

/**
 * Reads whether each opted in: itself, else its workload, else its namespace; the nearest that speaks decides. Workloads and the namespace are read
 * once, and only when nobody nearer speaks.
 * @returns why each must not be hit, in their order; undefined for one that opted in
 * @throws KubernetesError when the API server does not answer; a refusal to show an object is an answer: not opted in
 */
export async function findConsent(
  kubernetes: KubernetesPort,
  namespace: string,
  all: readonly Asked[],
  signal: AbortSignal,
): Promise<(string | undefined)[]> {
  const owners = new Map<string, Owner>();
  for (const { annotations, belonging } of all)
    if (!speaks(annotations) && belonging.unknown === undefined && belonging.owner && WORKLOADS[belonging.owner.kind])
      owners.set(belonging.owner.uid, belonging.owner);
  const said = await askOwners(kubernetes, namespace, [...owners.values()], signal);
  const nearer = all.map(({ belonging: { owner, unknown } }): Said | undefined =>
    unknown === undefined ? owner && said.get(owner.uid) : { unknown },
  );
  const isSilent = all.some(({ annotations }, i) => !speaks(annotations) && isQuiet(nearer[i]));
  const ref = { resource: NAMESPACES, namespace, name: namespace };
  const space = isSilent ? await ask(kubernetes, `namespace ${namespace}`, ref, undefined, signal) : undefined;
  return all.map((one, i) => refusal(one, nearer[i], namespace, space));
}

const isQuiet = (said: Said | undefined): boolean => said === undefined || ('annotations' in said && !speaks(said.annotations));

async function askOwners(
  kubernetes: KubernetesPort,
  namespace: string,
  owners: readonly Owner[],
  signal: AbortSignal,
): Promise<Map<string, Said>> {
  const said = new Map<string, Said>();
  for (let from = 0; from < owners.length; from += ASKED_AT_ONCE) {
    const some = owners.slice(from, from + ASKED_AT_ONCE).map(async (owner) => {
      const resource = WORKLOADS[owner.kind];
      if (resource)
        said.set(owner.uid, await ask(kubernetes, ownerName(owner), { resource, namespace, name: owner.name }, owner.uid, signal));
    });
    await Promise.all(some);
  }
  return said;
}

/** @param uid another object of that name is not the one that is meant */
async function ask(kubernetes: KubernetesPort, what: string, ref: ObjectRef, uid: string | undefined, signal: AbortSignal): Promise<Said> {
  const { resource, namespace = '' } = ref;
  try {
    const found = await kubernetes.read(resource === NAMESPACES ? { resource, name: ref.name } : ref, AnyObject, signal);
    if (!found || (uid !== undefined && found.metadata.uid !== uid)) return { unknown: `${what} is gone (${nameOf(ref)})` };
    return { annotations: found.metadata.annotations };
  } catch (error) {
    if (!isForbidden(error)) throw error;
    const kind = `${resource.plural}${resource.group === '' ? '' : `.${resource.group}`}`;
    return { unknown: `${what} cannot be read: get ${kind} in namespace ${namespace} is not allowed` };
  }
}

function refusal({ what, annotations, belonging }: Asked, nearer: Said | undefined, namespace: string, space: Said | undefined) {
  const chain: [string, Said | undefined][] = [
    [what, { annotations }],
    ...(nearer ? [[belonging.owner ? ownerName(belonging.owner) : what, nearer] satisfies [string, Said]] : []),
    [`namespace ${namespace}`, space],
  ];
  const heard: Annotated[] = [];
  for (const [who, said] of chain) {
    if (!said) continue;
    if ('unknown' in said) return `has not opted in, as far as is known: ${said.unknown}`;
    heard.push({ what: who, annotations: said.annotations });
    if (speaks(said.annotations)) break;
  }
  return optInRefusal(heard);
}
