/**
 * The lines of a text that arrives in pieces, without empty ones.
 * @throws Error when it ends in the middle of a line: what was being said is not known
 */
export async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of body) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line !== '');
  }
  if (rest !== '') throw new Error('the answer ends in the middle of a line');
}
