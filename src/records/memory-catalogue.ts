/* eslint-disable @typescript-eslint/require-await -- async, so that a refusal is a rejection, as it is with a database */
import { factOfCataloguing, factOfUncataloguing } from '../domain/audit/catalogue-facts.ts';
import type { AuditFact } from '../domain/audit/entry.ts';
import type { Catalogue, CatalogueEntry, CatalogueKey } from './catalogue.ts';
import { refused } from './errors.ts';
import { storableEntry } from './storable-entry.ts';

const keyOf = ({ name, environment }: CatalogueKey): string => `${name}.${environment}`;

/** The catalogue of records in memory. @param append puts facts on the audit log */
export function memoryCatalogue(append: (facts: readonly AuditFact[]) => void): Catalogue {
  let entries = new Map<string, CatalogueEntry>();
  let isBusy = false;
  return {
    changeCatalogue: async ({ put, remove, managedBy, atMs }) => {
      const next = new Map(entries);
      for (const given of put) {
        if ((next.get(keyOf(given))?.managedBy ?? managedBy) !== managedBy)
          throw refused(`experiment ${given.name} in ${given.environment} is managed by another sync`);
        next.set(keyOf(given), { ...storableEntry(given), managedBy });
      }
      const removed = remove.filter((key) => next.get(keyOf(key))?.managedBy === managedBy && next.delete(keyOf(key)));
      entries = next;
      append([
        ...put.map((entry) => factOfCataloguing(entry, managedBy, atMs)),
        ...removed.map(({ name, environment }) => factOfUncataloguing(name, environment, managedBy, atMs)),
      ]);
    },
    catalogue: async (digest) =>
      structuredClone([...entries.values()].filter((entry) => digest === undefined || entry.digest === digest)).sort((a, b) =>
        keyOf(a) < keyOf(b) ? -1 : 1,
      ),
    aloneAtSync: async (use) => {
      if (isBusy) return undefined;
      isBusy = true;
      try {
        return await use(() => undefined);
      } finally {
        isBusy = false;
      }
    },
  };
}
