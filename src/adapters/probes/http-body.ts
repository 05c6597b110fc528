import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

const DECODERS = { gzip: createGunzip, 'x-gzip': createGunzip, deflate: createInflate, br: createBrotliDecompress };

/**
 * The text of an answer, decompressed, without a byte order mark.
 * @param isHead it is the answer to a HEAD request, which has no body whatever its headers say
 * @throws Error when it ends early, is compressed in a way that nobody asked for, or is longer than `maxBytes` once decompressed
 */
export function readBody(response: IncomingMessage, isHead: boolean, maxBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const stream = isHead || isBodyless(response) ? response : decoded(response, reject);
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) {
        response.destroy();
        reject(new Error(`the body is longer than ${maxBytes} bytes`));
      } else chunks.push(chunk);
    });
    stream.once('end', () => {
      const text = (chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))?.toString('utf8') ?? '';
      resolve(text.startsWith('\uFEFF') ? text.slice(1) : text);
    });
    response.once('error', reject); // cut off in the middle
    response.once('close', () => {
      if (!response.complete) reject(new Error('the answer was cut off'));
    });
  });
}

/** These have headers of a body and none: a decoder would wait for its beginning. */
const isBodyless = ({ statusCode }: IncomingMessage): boolean => statusCode === 204 || statusCode === 304;

function decoded(response: IncomingMessage, reject: (error: Error) => void): Readable {
  const encoding = response.headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (encoding === 'identity') return response;
  const decoder = Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding as keyof typeof DECODERS] : undefined;
  if (!decoder) {
    response.destroy();
    reject(new Error(`the answer is encoded as '${encoding}', which was not asked for`));
    return response;
  }
  const stream = decoder();
  stream.once('error', reject);
  return response.pipe(stream);
}
