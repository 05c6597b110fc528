import type { Config } from '../../config.ts';
import { facts } from '../table.ts';
import type { Login } from './login-file.ts';
import type { Me } from './who-am-i.ts';

/** Who one is, and by what. No token is in it. */
export interface WhoView {
  api: string;
  subject: string;
  kind: string;
  grants: Me['grants'];
  /** What the identity comes from. */
  identity: 'BREAKWATER_API_IDENTITY' | 'login' | 'none';
  issuer?: string;
  /** When the token or key ends, if that is known. */
  expiresAtMs?: number;
  /** Whether it is renewed by itself then. */
  renews: boolean;
}

/** @param login the one that is used; undefined: another identity, or none */
export function whoView(api: string, me: Me, { apiAddress }: Pick<Config, 'apiAddress'>, login: Login | undefined): WhoView {
  const isIssued = login?.kind === 'issued';
  const expiresAtMs = me.expiresAtMs ?? (isIssued ? login.expiresAtMs : undefined);
  return {
    api,
    subject: me.subject,
    kind: me.kind,
    grants: me.grants.map(({ role, team, environment }) => ({ role, team, environment })),
    identity: login ? 'login' : apiAddress.identity === undefined ? 'none' : 'BREAKWATER_API_IDENTITY',
    ...(isIssued && { issuer: login.issuer }),
    ...(expiresAtMs !== undefined && { expiresAtMs }),
    renews: isIssued && login.refreshToken !== undefined,
  };
}

const every = (name: string): string => (name === '*' ? 'every one' : name);

/** For people. */
export const whoLines = ({ api, subject, kind, grants, identity, issuer, expiresAtMs, renews }: WhoView): string[] =>
  facts([
    ['API', api],
    ['subject', `${subject} (${kind})`],
    ['identity', identity],
    ['issuer', issuer],
    ['expires', expiresAtMs === undefined ? undefined : `${new Date(expiresAtMs).toISOString()}${renews ? ', renewed by itself' : ''}`],
    ...(grants.length === 0
      ? ([['grants', 'none: you may do nothing here']] as const)
      : grants.map(
          ({ role, team, environment }, i) =>
            [i === 0 ? 'grants' : '', `${role}, team ${every(team)}, environment ${every(environment)}`] as const,
        )),
  ]);
