import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A system whose signals answer over real HTTP what the test says; undefined: never. */
export interface System {
  answers: Record<string, number | undefined>;
  /** How often each signal was asked. */
  asked: Record<string, number>;
  /** A probe of the signal, as an experiment writes it. */
  probe(name: string): Record<string, unknown>;
  close(): Promise<void>;
}

export async function openSystem(): Promise<System> {
  const [answers, asked]: [System['answers'], System['asked']] = [{}, {}];
  const answer = (name: string, response: ServerResponse): void => {
    asked[name] = (asked[name] ?? 0) + 1;
    const value = answers[name];
    if (value !== undefined) response.end(JSON.stringify({ value }));
  };
  const server = createServer(({ url = '/' }, response) => answer(url.slice(1), response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    answers,
    asked,
    probe: (name) => ({
      provider: { kind: 'http', url: `http://127.0.0.1:${port}/${name}`, read: { jsonPath: '$.value' } },
      every: '50ms',
      timeout: '300ms',
    }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Records that take everything and keep nothing. */
export const anyRecords = { appendSamples: (): Promise<void> => Promise.resolve() };
