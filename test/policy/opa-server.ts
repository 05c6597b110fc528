import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What it does with a question. */
export type Answer = (input: Record<string, unknown>, response: ServerResponse) => void;

/** Answers with this, whatever is asked. */
export const json =
  (body: unknown): Answer =>
  (_input, response) =>
    response.end(JSON.stringify(body));

/** A server that speaks OPA's data API, and the one question that it answers. */
export async function withOpaServer<T>(answer: Answer, use: (url: string) => Promise<T>): Promise<T> {
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { input } = JSON.parse(Buffer.concat(chunks).toString()) as { input: Record<string, unknown> };
    if (request.method !== 'POST' || request.url !== '/v1/data/breakwater/decision') response.writeHead(404).end();
    else answer(input, response);
  };
  const server = createServer((request, response) => void take(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    return await use(`http://127.0.0.1:${port}/v1/data/breakwater/decision`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
