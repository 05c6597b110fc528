import { createHash } from 'node:crypto';
import type { Order } from '../../domain/order.ts';

/** What stands for an order where it is seen by others: in a watchdog's arguments, in an annotation. */
export const markOf = ({ key }: Order): string => createHash('sha256').update(key).digest('hex').slice(0, 32);
