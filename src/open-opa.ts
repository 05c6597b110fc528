import { createHttp } from './adapters/http/request.ts';
import { createOpa } from './adapters/opa.ts';
import type { OpaPort } from './policy/opa.ts';

/**
 * A running OPA for a process that is no worker, asked as workers ask it: the same question, the same patience, the same addresses that are refused.
 * @param url from the settings, never from a request
 * @returns `close` ends its connections
 */
export function openOpa(url: string): OpaPort & { close(): void } {
  const http = createHttp();
  return { ...createOpa(url, http), close: http.close };
}
