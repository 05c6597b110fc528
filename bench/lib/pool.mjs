import { setTimeout as delay } from 'node:timers/promises';

/** Progress belongs on stderr: stdout is for data. */
export const say = (line) => void process.stderr.write(`bench: ${line}\n`);

/** Runs `work(0)` … `work(count - 1)`, `atOnce` at a time. @returns the answers in order; the first failure stops it */
export async function runPool(count, atOnce, work) {
  const answers = Array(count);
  let next = 0;
  let isFailed = false;
  const lane = async (number) => {
    while (next < count && !isFailed) {
      const i = next++;
      answers[i] = await work(i, number).catch((error) => {
        isFailed = true;
        throw error;
      });
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, (_, number) => lane(number)));
  return answers;
}

/** Asks until `ask` is true. @throws Error naming `what` when it is not within `withinMs` */
export async function until(what, withinMs, everyMs, ask) {
  const deadlineMs = performance.now() + withinMs;
  while (!(await ask())) {
    if (performance.now() > deadlineMs) throw new Error(`${what}: not within ${withinMs / 1_000} s`);
    await delay(everyMs);
  }
}
