import { Readable } from 'node:stream';

/** A body of pieces. The first one is awaited, so that what fails at once is a problem and no broken answer. */
export async function begun(pieces: AsyncGenerator<string>): Promise<Readable> {
  const first = await pieces.next();
  return Readable.from(
    (async function* all() {
      if (first.done) return;
      yield first.value;
      yield* pieces;
    })(),
    { objectMode: false },
  );
}
