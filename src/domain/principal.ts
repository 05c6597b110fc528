/** What a person or a service may be, for a team in an environment. */
export const ROLES = ['viewer', 'operator', 'approver', 'auditor', 'admin', 'break-glass'] as const;
export type Role = (typeof ROLES)[number];

/** In place of a team's or an environment's name: every one. */
export const EVERY = '*';

/** One role, and where it holds. */
export interface Grant {
  /** `local` is nobody's by name: whoever is on this machine while no authentication is configured. */
  role: Role | 'local';
  team: string;
  environment: string;
}

/** The device that a request came from, as the issuer or the proxy vouches for it. */
export interface Device {
  id: string;
}

/** Who asks. */
export interface Principal {
  /** Unique among all ways to authenticate: `corp:ann`, `key:ci`, `proxy:deployer`. */
  subject: string;
  /** `unidentified`: whoever holds the shared token, or sits at this machine; what they call themselves is a claim. */
  kind: 'person' | 'service' | 'unidentified';
  grants: readonly Grant[];
  device?: Device;
  /** When the proof of it ends, epoch milliseconds. */
  expiresAtMs?: number;
}

/** Where something is. Without a team or an environment it concerns every one, and only a grant for every one reaches it. */
export interface Place {
  team?: string;
  environment?: string;
}

/** What can be done, by what it risks. */
export type Action = 'read' | 'plan' | 'start' | 'pause' | 'stop' | 'approve' | 'break-glass' | 'schedule' | 'clear' | 'lift' | 'audit';

/** `hidden`: the principal must not even learn that it exists. */
export type Access = 'allowed' | 'forbidden' | 'hidden';

/** Whatever is not named here is denied. */
const MAY: Record<Grant['role'], readonly Action[]> = {
  viewer: ['read'],
  operator: ['read', 'plan', 'start', 'pause', 'stop', 'schedule', 'clear'],
  approver: ['read', 'stop', 'approve', 'lift'],
  auditor: ['read', 'audit'],
  admin: ['read', 'plan', 'start', 'pause', 'stop', 'approve', 'schedule', 'clear', 'lift', 'audit'],
  // Of its own: no other role has it, an administrator's neither.
  'break-glass': ['read', 'break-glass'],
  local: ['read', 'pause', 'stop', 'lift'],
};

const covers = (granted: string, wanted: string | undefined): boolean => granted === EVERY || granted === wanted;

const reaches = (grant: Grant, place: Place): boolean => covers(grant.team, place.team) && covers(grant.environment, place.environment);

/** Whether a principal may do something in a place. */
export function decide({ grants }: Pick<Principal, 'grants'>, action: Action, place: Place): Access {
  const here = grants.filter((grant) => reaches(grant, place));
  if (here.some(({ role }) => MAY[role].includes(action))) return 'allowed';
  return here.some(({ role }) => MAY[role].includes('read')) ? 'forbidden' : 'hidden';
}

/** Whether a principal may do something somewhere: for what is about no place. */
export const mayAnywhere = ({ grants }: Pick<Principal, 'grants'>, action: Action): boolean =>
  grants.some(({ role }) => MAY[role].includes(action));

/** The roles that a principal has somewhere, each once. */
export const rolesIn = ({ grants }: Pick<Principal, 'grants'>, place: Place): Role[] => [
  ...new Set(grants.filter((grant) => reaches(grant, place)).flatMap(({ role }) => (role === 'local' ? [] : [role]))),
];

/** Whether a principal may see anything at all of an environment. */
export const knowsEnvironment = ({ grants }: Pick<Principal, 'grants'>, environment: string): boolean =>
  grants.some((grant) => MAY[grant.role].includes('read') && covers(grant.environment, environment));

/** The teams and environments that a principal may read, as lists of runs are narrowed to them; an absent name is every one. */
export const readable = ({ grants }: Pick<Principal, 'grants'>): { owner?: string; environment?: string }[] =>
  grants
    .filter(({ role }) => MAY[role].includes('read'))
    .map(({ team, environment }) => ({ ...(team !== EVERY && { owner: team }), ...(environment !== EVERY && { environment }) }));
