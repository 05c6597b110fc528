import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { endInOrder } from './lifetime.ts';
import { UNBOOKABLE_CURRENCY } from './payment.ts';
import { openQueue, type Delivery } from './queue.ts';
import { readSettings, WorkerSettings } from './settings.ts';
import { book, openPool } from './storage.ts';
import { ToWorker, type FromWorker } from './worker-messages.ts';

/* The worker program: takes one payment after the other from the queue and books it. Its name comes as `--name=payment-worker-0`. */

const POLL_EVERY_MS = 40;
const AFTER_TROUBLE_MS = 250;
/** How long a payment that nobody can book holds its worker under the weakness poisonRetries. */
const POISON_HOLDS_MS = 400;

const name = parseArgs({ options: { name: { type: 'string' } } }).values.name ?? 'payment-worker';
const settings = readSettings(WorkerSettings);
let weaknesses = settings.PAYMENTS_WEAKNESSES;
let ending = false;

const pool = openPool(settings.PAYMENTS_DATABASE_URL, 2);
const queue = await openQueue(pool, settings.PAYMENTS_SCHEMA, { keeper: false });
process.on('message', (message) => ({ weaknesses } = ToWorker.parse(message)));

const working = work();
endInOrder(async () => {
  ending = true;
  await working; // the payment in hand is finished first
  await queue.close();
  await pool.end();
});
tell({ kind: 'ready' });

async function work(): Promise<void> {
  while (!ending) {
    try {
      const delivery = await queue.take();
      if (delivery) await settle(delivery);
      else await sleep(POLL_EVERY_MS);
    } catch (error) {
      console.error(`${name}: ${(error as Error).message}`);
      await sleep(AFTER_TROUBLE_MS);
    }
  }
}

/** Acknowledges after the work, so that a payment outlives its worker, unless the weakness lostMessageOnCrash says otherwise. */
async function settle(delivery: Delivery): Promise<void> {
  const { id } = delivery.payment;
  const acknowledgesFirst = weaknesses.lostMessageOnCrash;
  if (acknowledgesFirst) await queue.acknowledge(id);
  try {
    await charge(delivery);
  } catch (error) {
    if (!acknowledgesFirst) await queue.giveBack(id, (error as Error).message);
    throw error;
  }
  if (!acknowledgesFirst) await queue.acknowledge(id);
  tell({ kind: 'settled' });
}

/** The card network is a wait. Then the payment is booked, once even if it was delivered twice. */
async function charge({ payment, attempt }: Delivery): Promise<void> {
  await sleep(settings.PAYMENTS_WORK_MS);
  const isBookable = payment.currency !== UNBOOKABLE_CURRENCY;
  if (!isBookable && weaknesses.poisonRetries) {
    await sleep(POISON_HOLDS_MS);
    throw new Error(`payment ${payment.id} cannot be booked in ${payment.currency}`);
  }
  await book(pool, settings.PAYMENTS_SCHEMA, payment, { outcome: isBookable ? 'completed' : 'rejected', worker: name, attempt });
}

function tell(message: FromWorker): void {
  if (process.connected) process.send?.(message);
}
