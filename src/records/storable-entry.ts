import type { CatalogueEntry } from './catalogue.ts';
import { storableJson, storableTime } from './storable.ts';

/** @throws RecordsError naming the experiment and the field */
export const storableEntry = (given: CatalogueEntry): CatalogueEntry => {
  const place = `experiment ${given.name}`;
  return { ...storableJson(given, place), atMs: storableTime(given.atMs, place) };
};
