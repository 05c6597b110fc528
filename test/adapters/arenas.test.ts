import { boundArenas } from '../../src/adapters/arenas.ts';

const isGlibc =
  process.platform === 'linux' &&
  (process.report.getReport() as { header: { glibcVersionRuntime?: string } }).header.glibcVersionRuntime !== undefined;

test('arenas are bounded where there is glibc', async () => expect(await boundArenas({})).toBe(isGlibc));

test('whoever set them by the environment is left alone', async () => expect(await boundArenas({ MALLOC_ARENA_MAX: '8' })).toBe(false));
