import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { parse } from 'yaml';
import * as z from 'zod';
import { ConfigError } from '../../config.ts';
import { ROLES, EVERY } from '../../domain/principal.ts';

const Id = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'expected lower-case letters, digits and hyphens, 63 at most');
const Where = z.string().min(1).max(100).default(EVERY).describe('its name; * is every one');
const Granted = z.strictObject({ role: z.enum(ROLES), team: Where, environment: Where });
const Grants = z.array(Granted).min(1).max(200);

const isPrivateHttp = ({ protocol, hostname }: URL): boolean => protocol === 'http:' && /^(127\.0\.0\.1|localhost|\[::1\])$/.test(hostname);
const KeysUrl = z
  .url()
  .refine(
    (text) => isPrivateHttp(new URL(text)) || new URL(text).protocol === 'https:',
    'expected https:// (http:// on this machine only)',
  );

/** None of them can be made with a public key. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const;

const claimValue = z.union([z.string().max(500), z.boolean()]);

/** Before the colon of a name: `git:` are reviewers of commits and `sync:` are syncs, and no issuer may vouch for one. */
const RESERVED: readonly string[] = ['key', 'proxy', 'api-token', 'localhost', 'git', 'sync'];

/** An issuer of JWTs, such as an OIDC provider. */
const Issuer = z.strictObject({
  name: Id.refine((name) => !RESERVED.includes(name), 'is taken: choose another name').describe('subjects are NAME:SUBJECT'),
  issuer: z.string().min(1).max(500).describe('the `iss` of its tokens'),
  audience: z.string().min(1).max(500).describe('the `aud` that its tokens must have'),
  jwks: KeysUrl.describe('where its keys are'),
  algorithms: z.array(z.enum(ALGORITHMS)).min(1).default(['RS256', 'ES256']),
  clockToleranceSeconds: z.int().min(0).max(120).default(30),
  kind: z.enum(['person', 'service']).default('person'),
  subjectClaim: z.string().min(1).max(100).default('sub'),
  replay: z.enum(['allow', 'refuse']).default('allow').describe('refuse: its tokens count once for what changes something, by their `jti`'),
  device: z
    .strictObject({ claim: z.string().min(1).max(100), require: z.record(z.string().max(100), claimValue).default({}) })
    .optional()
    .describe('which claim names the device, and what else must hold of it; absent: no device is asked for'),
  grants: z
    .array(Granted.extend({ claim: z.string().min(1).max(100), value: z.string().min(1).max(500) }))
    .min(1)
    .max(500),
});

/** A key of a service. Only its hash is here. */
const Key = z.strictObject({
  id: Id.describe('its subject is key:ID'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'expected the SHA-256 of the whole key, 64 hexadecimal digits')
    .describe('SHA-256 of the whole key; the key itself is only with its service'),
  expires: z.iso.datetime({ offset: true, error: 'expected an instant such as 2027-01-01T00:00:00Z' }),
  revoked: z.boolean().default(false),
  grants: Grants,
});

const Range = z.string().refine((text) => rangeOf(text) !== undefined, 'expected an address or a range such as 10.1.2.0/24');
const Header = z.string().regex(/^[a-z0-9-]{1,64}$/, 'expected the name of a header in lower case');

/** A proxy that has authenticated the caller itself (mTLS, SSO) and names it in a header. */
const Proxy = z.strictObject({
  from: z.array(Range).min(1).max(50).describe('its addresses; whoever else sends these headers is refused'),
  subjectHeader: Header.describe('names the caller; the proxy must strip it from what comes in'),
  deviceHeader: Header.optional().describe('names the device; absent: no device is asked for'),
  subjects: z
    .array(z.strictObject({ name: z.string().min(1).max(200), kind: z.enum(['person', 'service']).default('service'), grants: Grants }))
    .min(1),
});

const isUnique = (names: string[]): boolean => new Set(names).size === names.length;

/** Who may use the API, and as what. */
export const AccessFile = z.strictObject({
  issuers: z
    .array(Issuer)
    .max(20)
    .default([])
    .refine(
      (all) => isUnique(all.map(({ name }) => name)) && isUnique(all.map(({ issuer }) => issuer)),
      'a name or an issuer is there twice',
    ),
  keys: z
    .array(Key)
    .max(1_000)
    .default([])
    .refine((all) => isUnique(all.map(({ id }) => id)), 'an id is there twice'),
  proxy: Proxy.optional(),
});
export type AccessFile = z.infer<typeof AccessFile>;
export type Issuer = z.infer<typeof Issuer>;
export type ApiKey = z.infer<typeof Key>;
export type TrustedProxy = z.infer<typeof Proxy>;

/** An address, or a network with the length of its prefix. */
export function rangeOf(text: string): { address: string; prefix: number; family: 'ipv4' | 'ipv6' } | undefined {
  const [, address = '', length] = /^([0-9A-Fa-f:.]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  const most = version === 4 ? 32 : 128;
  const prefix = length === undefined ? most : Number(length);
  // A prefix of 0 would trust everybody.
  return version === 0 || prefix > most || prefix === 0 ? undefined : { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' };
}

/**
 * Reads the text of an access file.
 * @throws ConfigError that names every wrong place
 */
export function parseAccess(path: string, text: string): AccessFile {
  let raw: unknown;
  try {
    raw = parse(text, { maxAliasCount: 0 });
  } catch (error) {
    throw new ConfigError([`BREAKWATER_ACCESS='${path}': it cannot be read: ${(error as Error).message}`]);
  }
  const parsed = AccessFile.safeParse(raw ?? {});
  if (!parsed.success) throw new ConfigError([`BREAKWATER_ACCESS='${path}': ${z.prettifyError(parsed.error)}`]);
  const { issuers, keys, proxy } = parsed.data;
  if (issuers.length === 0 && keys.length === 0 && !proxy)
    throw new ConfigError([`BREAKWATER_ACCESS='${path}': it lets nobody in; add issuers, keys or a proxy (docs/api.md)`]);
  return parsed.data;
}

/** @throws ConfigError when there is no such text */
export const readAccessText = (path: string): Promise<string> =>
  readFile(path, 'utf8').catch((error: Error) => {
    throw new ConfigError([`BREAKWATER_ACCESS='${path}': it cannot be read: ${error.message}`]);
  });

/** Reads the file that BREAKWATER_ACCESS names. @throws ConfigError that names every wrong place */
export const readAccessFile = async (path: string): Promise<AccessFile> => parseAccess(path, await readAccessText(path));
