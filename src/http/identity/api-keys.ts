import { createHash, timingSafeEqual } from 'node:crypto';
import type { Principal } from '../../domain/principal.ts';
import { HttpError } from '../problem.ts';
import type { ApiKey } from './access-file.ts';

/** `bw_ID_SECRET`; the secret is random, 256 bits, hence a plain hash at rest is enough. */
const KEY = /^bw_([a-z0-9][a-z0-9-]{0,62})_[A-Za-z0-9-]{32,128}$/;

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();
/** Compared when there is no such id, so that an answer tells nothing by its time. */
const NOBODY = hashOf('nobody');

/** Whether this is meant to be a key of ours, and not a token of an issuer. */
export const isApiKey = (text: string): boolean => text.startsWith('bw_');

/** Turns API keys into principals. One sentence for all that is wrong: who tries learns nothing. */
export function createApiKeys(keys: readonly ApiKey[], nowMs: () => number): (given: string) => Principal {
  const known = new Map(
    keys.map((key) => [key.id, { ...key, hash: Buffer.from(key.sha256, 'hex'), expiresAtMs: Date.parse(key.expires) }]),
  );
  return (given) => {
    const id = KEY.exec(given)?.[1];
    const key = id === undefined ? undefined : known.get(id);
    const isEqual = timingSafeEqual(hashOf(given), key?.hash ?? NOBODY);
    if (!key || !isEqual || key.revoked || key.expiresAtMs <= nowMs())
      throw new HttpError(401, 'the API key is not accepted: it is unknown, expired or revoked');
    return { subject: `key:${key.id}`, kind: 'service', grants: key.grants, expiresAtMs: key.expiresAtMs };
  };
}
