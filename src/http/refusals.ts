import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { AuditFact } from '../domain/audit/entry.ts';
import { factAbout } from '../domain/audit/facts.ts';
import { subjectOf } from './guard.ts';

/** Statuses that say "not you": failed log-ins, rights that are missing, a name that is not this API's. */
const REFUSED: ReadonlySet<number> = new Set([401, 403, 421]);
/** How often what was refused is written, milliseconds. */
const EVERY_MS = 1_000;
/** Kinds of refusals of one round that are told apart: whoever floods the API must not flood the audit log. */
const MOST_KINDS = 50;

interface Refusal {
  status: number;
  method: string;
  route: string;
  /** Where it came from. */
  from: string;
  /** Who it was, where that is known. */
  actor: string;
  firstMs: number;
  count: number;
}

/**
 * Notes requests that were refused in the audit log: the same from the same address, again and again, is one entry a second with their number.
 * Nothing that was sent is in it, the credentials least of all.
 * @param append a failure is logged with what was not written
 */
export function noteRefusals(app: FastifyInstance, append: (facts: AuditFact[]) => Promise<void>): void {
  let waiting = new Map<string, Refusal>();
  let writing: Promise<void> = Promise.resolve();
  const note = (exact: Omit<Refusal, 'firstMs' | 'count'>): void => {
    const others = { status: exact.status, method: 'any', route: 'others', from: 'others', actor: 'others' };
    const kind = waiting.size < MOST_KINDS || waiting.has(JSON.stringify(exact)) ? exact : others;
    const known = waiting.get(JSON.stringify(kind)) ?? { ...kind, firstMs: Date.now(), count: 0 };
    known.count += 1;
    waiting.set(JSON.stringify(kind), known);
  };
  const write = async (): Promise<void> => {
    if (waiting.size === 0) return;
    const refusals = [...waiting.values()];
    waiting = new Map();
    await append(refusals.map(factOf)).catch((cause: unknown) => {
      app.log.error({ cause: String(cause), refusals }, 'refused requests are missing in the audit log');
    });
  };
  app.addHook('onResponse', (request, reply, done) => {
    const { method, ip: from } = request;
    const route = request.routeOptions.url ?? 'no such route';
    if (REFUSED.has(reply.statusCode)) note({ status: reply.statusCode, method, route, from, actor: subjectOf(request) ?? from });
    done();
  });
  const timer = setInterval(() => {
    writing = writing.then(write);
  }, EVERY_MS);
  timer.unref();
  app.addHook('onClose', async () => {
    clearInterval(timer);
    await writing;
    await write();
  });
}

const factOf = ({ actor, firstMs, ...details }: Refusal): AuditFact =>
  factAbout('api', 'request-refused', { key: `api/${randomUUID()}`, atMs: firstMs, actor, ...details });
