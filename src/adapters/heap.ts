import { setFlagsFromString } from 'node:v8';

const FLAG = '--heap-growing-percent';
const PERCENT = 5;

/**
 * Lets the heaps of this process, and of each thread that it starts, grow by 5 % only before old garbage is collected. V8 alone lets them grow to several
 * times what lives in them; a run that is held leaves little alive and much garbage. V8 reads the flag at each collection, so it may be set late.
 * @param execArgv of this process: what a person gave to Node wins
 * @returns whether it was set
 */
export function boundHeap(execArgv: readonly string[]): boolean {
  if (execArgv.some((given) => given.startsWith(FLAG))) return false;
  setFlagsFromString(`${FLAG}=${PERCENT}`);
  return true;
}
