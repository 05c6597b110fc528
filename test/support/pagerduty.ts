import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What PagerDuty was sent, and what it answers next; without a line in `answers`, it takes the event. */
export interface PagerDutyServer {
  url: string;
  events: Record<string, unknown>[];
  requests: { method: string; path: string }[];
  /** Used up one by one. `hang`: no answer at all. */
  answers: (number | 'hang' | { status: number; retryAfter: string })[];
  close(): Promise<void>;
}

/** The contract of Events API v2, as published: 202 with the key, 400 for an event that is none, whatever else the test wants. */
export async function startPagerDuty(): Promise<PagerDutyServer> {
  const [events, requests, answers]: [PagerDutyServer['events'], PagerDutyServer['requests'], PagerDutyServer['answers']] = [[], [], []];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (part: Buffer) => (text += part.toString()));
    request.on('end', () => {
      requests.push({ method: request.method ?? '', path: request.url ?? '' });
      const answer = answers.shift();
      if (answer === 'hang') return;
      const { status, retryAfter } = typeof answer === 'object' ? answer : { status: answer, retryAfter: undefined };
      const event = JSON.parse(text) as Record<string, unknown>;
      const isValid =
        event['event_action'] === 'trigger' && typeof event['routing_key'] === 'string' && typeof event['payload'] === 'object';
      const code = status ?? (isValid ? 202 : 400);
      if (code === 202) events.push(event);
      response.writeHead(code, { 'content-type': 'application/json', ...(retryAfter !== undefined && { 'retry-after': retryAfter }) });
      response.end(JSON.stringify({ status: code === 202 ? 'success' : 'invalid event', dedup_key: event['dedup_key'], echo: text }));
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    events,
    requests,
    answers,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => {
          done();
        });
      }),
  };
}
