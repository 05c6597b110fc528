/** One message of a stream of server-sent events. */
export interface SseMessage {
  id?: string;
  event: string;
  data: string;
}

/** A stream that never ends a message is none of ours. */
const MAX_MESSAGE = 4_194_304;

function read(block: string): SseMessage | undefined {
  const fields = block
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith(':'))
    .map((line) => /^([^:]*):? ?(.*)$/.exec(line)?.slice(1) as [string, string]);
  const data = fields.filter(([name]) => name === 'data').map(([, value]) => value);
  if (data.length === 0) return undefined;
  const last = (wanted: string): string | undefined => fields.findLast(([name]) => name === wanted)?.[1];
  const id = last('id');
  return { event: last('event') ?? 'message', data: data.join('\n'), ...(id !== undefined && { id }) };
}

/**
 * Messages out of the pieces in which they arrive. What is not ended by an empty line is not one.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation (lines that end with CR alone are not known here)
 */
export async function* sseMessages(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<SseMessage> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of pieces) {
    rest = (rest + decoder.decode(piece, { stream: true })).replaceAll('\r\n', '\n');
    if (rest.length > MAX_MESSAGE) throw new Error(`a message of the stream is longer than ${MAX_MESSAGE} characters`);
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const message = read(block);
      if (message) yield message;
    }
  }
}
