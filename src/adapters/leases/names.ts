import { createHash } from 'node:crypto';
import type { OrderPlace } from '../../domain/order.ts';

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * What the files of a site's leases are called, all in one folder:
 *
 * - `PLACE-KEY.lease.json`: the undo record, written once before the deed;
 * - `PLACE-KEY.ack.json`: which reaper has taken charge of it;
 * - `PLACE-KEY.stuck.json`: why its undo has failed so far;
 * - `PLACE-KEY.over.json`: it ran out and was undone; left for the guard to see;
 * - `PLACE.renewed.json`: when the leases of the place were last renewed, all at once.
 */
export type LeaseFile = 'lease' | 'ack' | 'stuck' | 'over';

/** The folder of a site's leases. */
export const LEASES = 'leases';

export const placeOf = ({ workflowId, wave, iteration }: OrderPlace): string =>
  digest(JSON.stringify([workflowId, wave, iteration])).slice(0, 24);

/** The same digest names the order's folder in the journal. */
export const keyOf = (orderKey: string): string => digest(orderKey);

/** What the files of one order begin with. */
export const leaseNameOf = (order: OrderPlace & { key: string }): string => `${placeOf(order)}-${keyOf(order.key)}`;

export const placeOfName = (leaseName: string): string => leaseName.slice(0, leaseName.indexOf('-'));

export const fileOf = (leaseName: string, kind: LeaseFile): string => `${leaseName}.${kind}.json`;

export const renewalOf = (place: string): string => `${place}.renewed.json`;

/** @returns the names of the orders that have a file of this kind */
export const namesWith = (files: readonly string[], kind: LeaseFile): string[] => {
  const end = `.${kind}.json`;
  return files.filter((file) => /^[0-9a-f]+-[0-9a-f]+\./.test(file) && file.endsWith(end)).map((file) => file.slice(0, -end.length));
};
