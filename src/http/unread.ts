import type { ServerResponse } from 'node:http';

/** Ends an answer of which nothing could be sent for a while, because whoever asked for it does not read. */
export function endUnread(response: ServerResponse, afterMs: number): void {
  response.setTimeout(afterMs, () => void response.destroy());
}
