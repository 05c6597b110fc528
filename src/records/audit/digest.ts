import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** SHA-256 of a text (UTF-8), in lower-case hex. */
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** SHA-256 over the canonical JSON (RFC 8785) of a value. */
export const digestOfJson = (value: unknown): string => sha256(canonicalize(value) ?? 'null');
