import { setTimeout as delay } from 'node:timers/promises';
import { factOfCataloguing, factOfUncataloguing } from '../../domain/audit/catalogue-facts.ts';
import type { Catalogue, CatalogueChange, CatalogueEntry } from '../catalogue.ts';
import { refused } from '../errors.ts';
import { storableEntry } from '../storable-entry.ts';
import type { Chain } from './chain.ts';
import type { Database, Query } from './database.ts';
import { epochMs, timestamp } from './time.ts';

const LIST = `SELECT name, environment, service, owner, digest, document, path, commit, statement, managed_by AS "managedBy",
    ${epochMs('at')} AS "atMs"
  FROM breakwater.catalogue WHERE $1::text IS NULL OR digest = $1 ORDER BY name COLLATE "C", environment COLLATE "C"`;

/** What another sync manages is not touched: no row comes back. */
const PUT = `INSERT INTO breakwater.catalogue AS old (name, environment, service, owner, digest, document, path, commit, statement, managed_by, at)
  VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9, $10, ${timestamp('$11')})
  ON CONFLICT (name, environment) DO UPDATE SET (service, owner, digest, document, path, commit, statement, at) =
    (EXCLUDED.service, EXCLUDED.owner, EXCLUDED.digest, EXCLUDED.document, EXCLUDED.path, EXCLUDED.commit, EXCLUDED.statement, EXCLUDED.at)
  WHERE old.managed_by = EXCLUDED.managed_by`;

const REMOVE = 'DELETE FROM breakwater.catalogue WHERE name = $1 AND environment = $2 AND managed_by = $3';

async function change(query: Query, { put, remove, managedBy, atMs }: CatalogueChange) {
  for (const given of put) {
    const e = storableEntry(given);
    const place = [e.name, e.environment, e.service, e.owner, e.digest, JSON.stringify(e.document), e.path, e.commit];
    const { rowCount } = await query(PUT, [...place, e.statement ?? null, managedBy, e.atMs]);
    if (rowCount !== 1) throw refused(`experiment ${e.name} in ${e.environment} is managed by another sync`);
  }
  const removed = [];
  for (const { name, environment } of remove)
    if ((await query(REMOVE, [name, environment, managedBy])).rowCount === 1)
      removed.push(factOfUncataloguing(name, environment, managedBy, atMs));
  return { facts: [...put.map((entry) => factOfCataloguing(entry, managedBy, atMs)), ...removed], answer: undefined };
}

/** Held by a connection of its own: when the process dies, PostgreSQL lets go. The number is nothing but unlikely to be somebody else's. */
const TRY_LOCK = 'SELECT pg_try_advisory_lock(7246351908471133) AS got';
const UNLOCK = 'SELECT pg_advisory_unlock(7246351908471133)';
/** How often the connection that holds the lock is asked whether it lives, milliseconds. */
const ASK_EVERY_MS = 2_000;

/** The part of the records that keeps the catalogue of experiments. */
export const catalogueRecords = ({ query, alone }: Database, chain: Chain): Catalogue => ({
  changeCatalogue: async (given) => {
    if (given.put.length + given.remove.length > 0) await chain('change the catalogue', (send) => change(send, given));
  },
  async catalogue(digest) {
    const { rows } = await query<CatalogueEntry & { statement: string | null }>('read the catalogue', LIST, [digest ?? null]);
    return rows.map(({ statement, ...entry }) => ({ ...entry, ...(statement !== null && { statement }) }));
  },
  aloneAtSync: (use) =>
    alone('wait for the turn of a sync', async (send, isBroken) => {
      const { rows } = await send<{ got: boolean }>(TRY_LOCK);
      if (!rows[0]?.got) return undefined;
      const over = new AbortController();
      const asking = keepAsking(() => send('SELECT 1'), over.signal);
      try {
        return await use(() => {
          if (isBroken()) throw refused('the connection that kept other syncs out is lost: run it again');
        });
      } finally {
        over.abort();
        await asking;
        if (!isBroken()) await send(UNLOCK);
      }
    }),
});

/** A connection that is not used does not notice that it is lost. */
async function keepAsking(ask: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await delay(ASK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) await ask().catch(() => undefined);
  }
}
