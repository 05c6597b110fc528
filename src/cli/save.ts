import { writeFile } from 'node:fs/promises';
import { CliError, EXIT } from './exit-codes.ts';

/** Writes a text to a file. @param keep what is there already is somebody's work, and stays @throws CliError (2) when it cannot be written */
export async function save(file: string, text: string, { keep = false } = {}): Promise<void> {
  await writeFile(file, text, { flag: keep ? 'wx' : 'w' }).catch((cause: Error) => {
    throw new CliError(EXIT.usage, `${file} cannot be written: ${cause.message}`, 'Name another file with --out, or - for stdout.', {
      cause,
    });
  });
}
