import { open, rm } from 'node:fs/promises';
import { CliError, EXIT } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

const cannot = (cause: unknown): CliError =>
  new CliError(
    EXIT.usage,
    `It cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`,
    'Name another file with --out, or - for stdout.',
    { cause },
  );

async function writeFileOf(file: string, pieces: AsyncIterable<string>): Promise<void> {
  const handle = await open(file, 'w').catch((cause: unknown) => {
    throw cannot(cause);
  });
  const isPlain = (await handle.stat()).isFile();
  let isWhole = false;
  try {
    for await (const piece of pieces)
      await handle.writeFile(piece).catch((cause: unknown) => {
        throw cannot(cause);
      });
    isWhole = true;
  } finally {
    await handle.close();
    if (!isWhole && isPlain) await rm(file).catch(() => undefined); // half of it is none
  }
}

/**
 * Writes a document that comes in pieces, as fast as its reader takes it. A document that fails before its first piece leaves an existing file
 * as it was.
 * @param file `-` is stdout
 */
export async function writePieces(terminal: Terminal, file: string, pieces: AsyncGenerator<string>): Promise<void> {
  const first = await pieces.next();
  const all = (async function* () {
    if (!first.done) yield first.value;
    yield* pieces;
  })();
  if (file !== '-') return writeFileOf(file, all);
  let last = '';
  for await (const piece of all) {
    terminal.out(piece);
    await terminal.written();
    last = piece || last;
  }
  if (!last.endsWith('\n')) terminal.out('\n');
}
