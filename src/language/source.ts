import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { ExperimentError } from './problem.ts';

/** No experiment is near this; what is larger is refused before it is parsed. Bytes in a file, characters in a text. */
export const MOST_BYTES = 1_048_576;

const TOO_LARGE = `larger than ${MOST_BYTES / 1_048_576} MiB: this is not an experiment file`;

const refusal = (file: string, message: string, place = { line: 1, column: 1 }): ExperimentError =>
  new ExperimentError([{ file, ...place, path: [], message }]);

/** Line and column, from 1, of a position in a text. */
export function placeIn(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}

/**
 * The text of a file, without a byte order mark.
 * @throws ExperimentError when there is no such file, it is no regular file, too large, or not UTF-8
 */
export function readSource(path: string): string {
  const bytes = readBounded(path);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const lossy = new TextDecoder('utf-8').decode(bytes);
    const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    throw refusal(
      path,
      isUtf16 ? 'the file is UTF-16: save it as UTF-8' : 'not UTF-8 from here on: save the file as UTF-8',
      placeIn(lossy, Math.max(0, lossy.indexOf('\uFFFD'))),
    );
  }
}

/** Looks before it reads, and opens without waiting: a pipe would block for ever. */
function readBounded(path: string): Buffer {
  const file = open(path);
  try {
    const stat = fstatSync(file);
    if (stat.isDirectory()) throw refusal(path, 'this is a folder; name a file');
    if (!stat.isFile()) throw refusal(path, 'this is not a regular file');
    if (stat.size > MOST_BYTES) throw refusal(path, TOO_LARGE);
    const bytes = Buffer.alloc(MOST_BYTES + 1);
    let length = 0;
    for (let got = -1; got !== 0 && length < bytes.length; length += got)
      got = readSync(file, bytes, length, bytes.length - length, length);
    if (length > MOST_BYTES) throw refusal(path, TOO_LARGE);
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

const REASONS: Record<string, string> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  ENOTDIR: 'a part of the path is not a folder',
};

function open(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw refusal(path, `cannot be read: ${REASONS[code] ?? code}`);
  }
}

/**
 * The text without a byte order mark, if it can be one of an experiment at all.
 * @throws ExperimentError when it is empty, too large or binary
 */
export function refuseUnreadable(text: string, fileName: string): string {
  if (text.length > MOST_BYTES) throw refusal(fileName, TOO_LARGE);
  const source = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const control = source.search(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/);
  if (control >= 0)
    throw refusal(fileName, `a control character (${hex(source, control)}) stands here: this is not a text file`, placeIn(source, control));
  if (!/\S/.test(source)) throw refusal(fileName, 'the file is empty; `breakwater init` writes one to start from');
  return source;
}

const hex = (text: string, at: number): string => `U+${(text.codePointAt(at) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
