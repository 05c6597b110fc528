import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Everything that was started and has not ended, so that nothing outlives the bench. */
const living = new Set();

/** Starts a program; its stdout is discarded, its stderr is ours. */
export async function start(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'], ...options });
  living.add(child);
  child.once('exit', () => living.delete(child));
  await once(child, 'spawn');
  return child;
}

/** Ends one process by its pid and waits until it is gone; SIGKILL when it does not go in `withinMs`. */
export async function stop(child, signal = 'SIGTERM', withinMs = 10_000) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), withinMs);
  await gone;
  clearTimeout(timer);
}

/** Runs a program to its end. @throws Error when it does not exit with 0 within `withinMs` */
export async function runToEnd(command, args, { withinMs, ...options }) {
  const child = await start(command, args, { timeout: withinMs, ...options });
  const [code, signal] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${signal ?? `exit code ${code}`}`);
}

/** A process that does nothing, to be hit: labels `app` and `slot`. */
export const startSleeper = (app, slot) =>
  start('sleep', ['3600'], { env: { PATH: process.env.PATH, BREAKWATER_LABELS: `app=${app},slot=${slot}` }, stdio: 'ignore' });

/** One for each slot from 0. */
export const startSleepers = (count, app) => Promise.all(Array.from({ length: count }, (_, slot) => startSleeper(app, slot)));

/** Ends what is left, also paused processes. */
export const stopAll = () => Promise.all([...living].map((child) => stop(child, 'SIGKILL')));

process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});
