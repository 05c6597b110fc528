import { EXIT } from './exit-codes.ts';

/**
 * Makes Ctrl-C and its kin an orderly exit, which ends the servers that were started and not detached; a default signal would leave them.
 * @returns how to give Ctrl-C back to the live view
 */
export function endWithUs(): () => void {
  const end = (): void => {
    process.exit(EXIT.interrupted);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
  return () => {
    process.off('SIGINT', end);
  };
}
