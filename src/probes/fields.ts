import * as z from 'zod';
import { parseDuration } from '../domain/units.ts';
import type { SecretsPort } from './ports.ts';

/**
 * A duration that stays as it was written, because a specification is parsed more than once
 * (in the file, and again where it is opened). `msOf` reads it.
 */
export const DurationText = z.string().refine((text) => parseDuration(text) !== undefined, {
  error: 'expected a duration with its unit, such as 200ms, 30s, 3m or 1h30m',
});

/** Like `DurationText`, but longer than nothing: a window or a time-out. */
export const PositiveDurationText = DurationText.refine((text) => (parseDuration(text) ?? 1) > 0, { error: 'expected more than 0' });

/** Milliseconds of a duration that the schema has let through. */
export const msOf = (text: string): number => parseDuration(text) ?? NaN;

/** Text in the file, or the name of a secret that is looked up when the probe asks. */
export const TextOrSecret = z.union([z.string(), z.strictObject({ secret: z.string().min(1).describe('name of the secret') })]);
export type TextOrSecret = z.infer<typeof TextOrSecret>;

/** An HTTP URL without credentials: those would be printed wherever the file is. */
export const HttpUrl = z
  .url({ protocol: /^https?$/, error: 'expected an http:// or https:// URL' })
  .refine((text) => !hasCredentials(text), {
    error: 'expected a URL without user and password; send a header with {secret: NAME} instead',
  });

function hasCredentials(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username !== '' || password !== '';
}

/** Request headers, by name. */
export const Headers = z.record(z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'expected a header name'), TextOrSecret);

/** Labels that must be equal. */
export const Labels = z.record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'expected a label name'), z.string());

/** Replaces the named secrets by their values. @throws Error naming a secret that does not exist */
export async function resolveSecrets(values: Record<string, TextOrSecret>, secrets: SecretsPort): Promise<Record<string, string>> {
  const entries = Object.entries(values).map(
    async ([key, value]) => [key, typeof value === 'string' ? value : await secrets.get(value.secret)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}
