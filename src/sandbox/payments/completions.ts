import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Outcome } from './payment.ts';
import { channelOf } from './storage.ts';

const RECONNECT_AFTER_MS = 500;

/** Hears of payments that end. */
export interface Completions {
  close(): Promise<void>;
}

/**
 * Listens for payments that end, over a connection of its own, which is made anew whenever it breaks.
 * What happened in the gap is not heard: `onGap` is called after each reconnection, and must ask.
 */
export async function listenForCompletions(
  url: string,
  schema: string,
  onEnd: (id: string, outcome: Outcome) => void,
  onGap: () => Promise<void>,
): Promise<Completions> {
  let closed = false;
  let client = await connect();

  async function connect(): Promise<pg.Client> {
    const fresh = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
      application_name: 'payments-listen',
    });
    fresh.on('error', () => {}); // 'end' follows and is handled
    fresh.on('notification', ({ payload = '' }) => {
      const [id = '', outcome] = payload.split(' ');
      if (outcome === 'completed' || outcome === 'rejected') onEnd(id, outcome);
    });
    await fresh.connect();
    await fresh.query(`LISTEN ${channelOf(schema)}`);
    fresh.once('end', () => void reconnect());
    return fresh;
  }

  async function reconnect(): Promise<void> {
    while (!closed) {
      await sleep(RECONNECT_AFTER_MS);
      try {
        client = await connect();
        await onGap();
        return;
      } catch (error) {
        console.error(`no news of completed payments: ${(error as Error).message}`);
      }
    }
  }

  return {
    close: async () => {
      closed = true;
      await client.end();
    },
  };
}
