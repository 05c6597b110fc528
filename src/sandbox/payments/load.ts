import { endInOrder } from './lifetime.ts';
import { UNBOOKABLE_CURRENCY } from './payment.ts';
import { LoadSettings, readSettings } from './settings.ts';

/*
 * The load generator: an open loop, so a slow system gets as much as a quick one. Says how many payments were sent and how they were answered,
 * one line of JSON on stdout, when it ends.
 */

const ANSWER_WITHIN_MS = 15_000;

const settings = readSettings(LoadSettings);
const intervalMs = 1_000 / settings.PAYMENTS_RATE_PER_SECOND;
const startedMs = performance.now();
const answers: Record<string, number> = {};
const open = new Set<Promise<void>>();
let sent = 0;
let timer: NodeJS.Timeout | undefined;

endInOrder(end);
sendDue();

/** The n-th payment is due at start + n × interval: a late timer makes up for itself. */
function sendDue(): void {
  const elapsedMs = performance.now() - startedMs;
  if (settings.PAYMENTS_DURATION_MS !== undefined && elapsedMs >= settings.PAYMENTS_DURATION_MS) {
    void end().then(() => process.exit(0));
    return;
  }
  while (sent * intervalMs <= elapsedMs) {
    sent += 1;
    const payment = pay(sent).finally(() => open.delete(payment));
    open.add(payment);
  }
  timer = setTimeout(sendDue, Math.max(1, startedMs + sent * intervalMs - performance.now()));
}

async function pay(number: number): Promise<void> {
  const isPoison = settings.PAYMENTS_POISON_EVERY > 0 && number % settings.PAYMENTS_POISON_EVERY === 0;
  const answer = await fetch(`${settings.PAYMENTS_GATEWAY_URL}/payments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ amountCents: 100 + (number % 9_900), currency: isPoison ? UNBOOKABLE_CURRENCY : 'EUR' }),
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  }).then(
    async (response) => {
      await response.text();
      return String(response.status);
    },
    () => 'no answer',
  );
  answers[answer] = (answers[answer] ?? 0) + 1;
}

async function end(): Promise<void> {
  clearTimeout(timer);
  await Promise.all(open);
  console.log(JSON.stringify({ sent, answers }));
}
