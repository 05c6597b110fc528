/** Parameter of mallopt(3), from glibc's malloc.h. */
const M_ARENA_MAX = -8;
const ARENAS = 2;

/**
 * Bounds glibc's memory arenas, of which it would give each thread its own: the Temporal client's many threads then hold most of what they
 * ever used, several hundred kilobytes for each live run. The same as MALLOC_ARENA_MAX=2 in the environment, which wins when it is set.
 * Takes effect for arenas that are not there yet, so it is called before the client starts its threads.
 * @returns whether it did; where there is no glibc there is nothing to bound
 */
export async function boundArenas(env: NodeJS.ProcessEnv): Promise<boolean> {
  if (process.platform !== 'linux' || env['MALLOC_ARENA_MAX'] !== undefined) return false;
  try {
    const { default: koffi } = await import('koffi');
    const mallopt = koffi.load(null).func('int mallopt(int parameter, int value)');
    return mallopt(M_ARENA_MAX, ARENAS) === 1;
  } catch {
    return false; // another libc: it has no such function
  }
}
