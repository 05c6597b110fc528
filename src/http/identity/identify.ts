import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { EVERY, type Principal } from '../../domain/principal.ts';
import { HttpError } from '../problem.ts';
import type { AccessFile } from './access-file.ts';
import { createApiKeys, isApiKey } from './api-keys.ts';
import { isLoopback } from './loopback.ts';
import { createProxyTrust } from './proxy.ts';
import { createTokens } from './tokens.ts';
import { UsedTokens } from './used-tokens.ts';

/** Turns a request into who asks. @throws HttpError (401, 421, 403, 503) */
export type Identify = (request: FastifyRequest) => Promise<Principal>;

/** What identities are made from. */
export interface IdentitySources {
  /** The shared token: whoever has it is an administrator without a name. */
  token?: string;
  access?: AccessFile;
  nowMs?: () => number;
  /** Tokens that were used and count once; default: none yet. */
  used?: UsedTokens;
  /** Least time between two fetches of an issuer's keys, milliseconds. */
  jwksCooldownMs?: number;
}

const everywhere = { team: EVERY, environment: EVERY } as const;
const TOKEN_HOLDER: Principal = { subject: 'api-token', kind: 'unidentified', grants: [{ role: 'admin', ...everywhere }] };
const THIS_MACHINE: Principal = { subject: 'localhost', kind: 'unidentified', grants: [{ role: 'local', ...everywhere }] };

/** Whatever else is asked may change something. */
const READS: ReadonlySet<string> = new Set(['GET', 'HEAD']);

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Without authentication only this machine may ask, by this machine's name, and no web page: neither by a name of its own nor by its visitors' browser. */
function fromThisMachine({ hostname, headers }: FastifyRequest): Principal {
  if (!isLoopback(hostname)) throw new HttpError(421, 'this API has no token: it answers to localhost only');
  if (headers.origin !== undefined) throw new HttpError(403, 'this API has no token: it does not answer to web pages');
  return THIS_MACHINE;
}

const WANTED =
  'send the header `Authorization: Bearer TOKEN` with the value of BREAKWATER_API_TOKEN, an API key, or a token of a known issuer';

const bearerOf = ({ headers }: FastifyRequest): string | undefined => /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];

/** The one place that turns a request into a principal. Whoever brings two identities has none. */
export function createIdentify({
  token,
  access,
  nowMs = Date.now,
  used = new UsedTokens(nowMs),
  jwksCooldownMs,
}: IdentitySources): Identify {
  if (token === undefined && !access) return async (request) => Promise.resolve(fromThisMachine(request));
  const verify = access && access.issuers.length > 0 ? createTokens(access.issuers, used, jwksCooldownMs) : undefined;
  const keyHolder = createApiKeys(access?.keys ?? [], nowMs);
  const viaProxy = access?.proxy ? createProxyTrust(access.proxy) : undefined;
  return async (request) => {
    const proxied = viaProxy?.(request);
    const given = bearerOf(request);
    if (proxied && request.headers.authorization !== undefined)
      throw new HttpError(401, 'the request brings two identities: a header of the proxy and an Authorization header');
    // What the proxy goes by comes with a browser's every request, whoever's page made it.
    if (proxied && request.headers.origin !== undefined) throw new HttpError(403, 'an identity that a proxy gives is not for web pages');
    if (proxied) return proxied;
    if (given === undefined) throw new HttpError(401, WANTED);
    if (token !== undefined && timingSafeEqual(digest(given), digest(token))) return TOKEN_HOLDER;
    if (isApiKey(given)) return keyHolder(given);
    if (verify && given.includes('.')) return verify(given, !READS.has(request.method));
    throw new HttpError(401, WANTED);
  };
}
