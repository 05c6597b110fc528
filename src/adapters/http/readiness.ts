import type { HttpPort } from '../../remedies/ports.ts';
import type { ReadinessPort } from '../../targets/ports.ts';

/** Asks by a plain GET; nothing of the answer but its status is looked at. */
export const createReadiness = (http: HttpPort): ReadinessPort => ({
  statusOf: async (url, timeoutMs, signal) => (await http.send({ method: 'GET', url, headers: {}, timeoutMs }, signal)).status,
});
