import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import * as z from 'zod';
import type { Env } from './env.ts';

const isHere = (host: string): boolean => /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(host);

/** Whether what is sent there is seen by nobody between: HTTPS, or plain HTTP that does not leave this machine. */
export const isPrivate = ({ protocol, hostname }: URL): boolean => protocol === 'https:' || (protocol === 'http:' && isHere(hostname));

/** Address of an OpenID provider, as its tokens say it in `iss`. */
export const IssuerUrl = z
  .url({ protocol: /^https?$/, error: 'expected an http(s) URL' })
  .max(500)
  .refine((url) => !/[@?#]/.test(url), 'expected a URL without credentials, query or fragment')
  .refine((url) => !url.includes('/.well-known/'), 'expected the issuer itself: what follows from /.well-known/ on is found by discovery')
  .refine((url) => !URL.canParse(url) || isPrivate(new URL(url)), 'expected https:// (http:// on this machine only)');

/** Settings of `breakwater login`, a part of those in config.ts. */
export const loginVariables = {
  BREAKWATER_LOGIN_ISSUER: IssuerUrl.optional().describe(
    'OpenID provider at which `breakwater login` logs people in, with the same issuer as in the access file of the API',
  ),
  BREAKWATER_LOGIN_CLIENT_ID: z
    .string()
    .regex(/^[\x21-\x7e]{1,500}$/, 'expected a client id without blanks')
    .optional()
    .describe('public client of the command line at that provider; it must be allowed the device authorization grant'),
  BREAKWATER_LOGIN_SCOPE: z
    .string()
    .regex(/^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/, 'expected scopes, separated by one blank')
    .default('openid offline_access')
    .describe('scopes that `breakwater login` asks for; without offline_access many providers give nothing to renew a login with'),
  BREAKWATER_LOGIN_AUDIENCE: z
    .string()
    .regex(/^[\x21-\x7e]{1,500}$/, 'expected an audience without blanks')
    .optional()
    .describe('what the access token shall be for, at providers that want to be told; sent as `audience`, and a URL as `resource`, too'),
};

type Values = z.infer<z.ZodObject<typeof loginVariables>>;

/** How people log in from the command line, and where their logins are kept. */
export interface LoginOptions {
  login: { issuer?: string; clientId?: string; scope: string; audience?: string; folder: string };
}

/** The XDG base directory specification: a path that is not absolute does not count. */
function configFolder(env: Env): string {
  const given = env['XDG_CONFIG_HOME'] ?? '';
  return join(isAbsolute(given) ? given : join(homedir(), '.config'), 'breakwater');
}

export const loginOptionsOf = (v: Values, env: Env): LoginOptions => ({
  login: {
    ...(v.BREAKWATER_LOGIN_ISSUER !== undefined && { issuer: v.BREAKWATER_LOGIN_ISSUER }),
    ...(v.BREAKWATER_LOGIN_CLIENT_ID !== undefined && { clientId: v.BREAKWATER_LOGIN_CLIENT_ID }),
    scope: v.BREAKWATER_LOGIN_SCOPE,
    ...(v.BREAKWATER_LOGIN_AUDIENCE !== undefined && { audience: v.BREAKWATER_LOGIN_AUDIENCE }),
    folder: configFolder(env),
  },
});
