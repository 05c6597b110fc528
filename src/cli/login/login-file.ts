import * as z from 'zod';
import { IssuerUrl } from '../../settings/login.ts';

const Secret = z.string().regex(/^[\x21-\x7e]{1,16384}$/, 'expected a token of 1 to 16,384 printable characters');
const Instant = z.int().positive();

/** Something that was handed in: a token of a machine, an API key. Nothing renews it. */
const Given = z.strictObject({ kind: z.literal('given'), token: Secret, savedAtMs: Instant });

/** A login at an OpenID provider. */
const Issued = z.strictObject({
  kind: z.literal('issued'),
  issuer: IssuerUrl,
  clientId: z.string().min(1).max(500),
  audience: z.string().min(1).max(500).optional(),
  uses: z.enum(['access-token', 'id-token']),
  token: Secret,
  /** Unknown when neither the provider nor the token says it. */
  expiresAtMs: Instant.optional(),
  refreshToken: Secret.optional(),
  savedAtMs: Instant,
});

/** What is kept of a login. Every token in it is secret. */
export const Login = z.discriminatedUnion('kind', [Given, Issued]);
export type Login = z.infer<typeof Login>;
export type Issued = z.infer<typeof Issued>;

/** The whole file: logins by the origin of their API. */
export const LoginFile = z.strictObject({ version: z.literal(1), logins: z.record(z.string().max(500), Login) });
export type LoginFile = z.infer<typeof LoginFile>;

/** @returns the token, if it is one that may be kept */
export const asToken = (text: string): string | undefined => Secret.safeParse(text).data;
