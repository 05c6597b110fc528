import type { OpaPort } from '../policy/opa.ts';
import type { HttpPort } from '../remedies/ports.ts';

/** A gate waits for the answer, and the run for the gate. */
const ANSWER_WITHIN_MS = 3_000;

/**
 * A running OPA, by its data API: `POST /v1/data/PATH` with `{ input }`, answered by `{ result }`.
 * @see https://www.openpolicyagent.org/docs/latest/rest-api/#get-a-document-with-input
 */
export const createOpa = (url: string, http: HttpPort, timeoutMs = ANSWER_WITHIN_MS): OpaPort => {
  const { origin, pathname } = new URL(url);
  return {
    address: origin + pathname,
    async ask(input) {
      const request = { method: 'POST' as const, url, headers: { 'content-type': 'application/json' }, json: { input }, timeoutMs };
      const { status, body } = await http.send(request, new AbortController().signal);
      if (status !== 200) throw new Error(`it answered with status ${status}`);
      const answer: unknown = JSON.parse(body);
      if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) throw new Error('the answer is no object');
      return (answer as { result?: unknown }).result;
    },
  };
};
