import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sendProblem } from './problem.ts';

/** `/v1/runs/:id` takes `/v1/runs/x`. */
const patternOf = (url: string): RegExp => new RegExp(`^${url.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:\w+/g, '[^/]+')}/?$`);

/** What is not there is told apart from what is there for other methods. Call it before the routes are added. */
export function answerNotFound(app: FastifyInstance): void {
  const known = new Map<string, { pattern: RegExp; methods: Set<string> }>();
  app.addHook('onRoute', ({ url, method }) => {
    const entry = known.get(url) ?? { pattern: patternOf(url), methods: new Set<string>() };
    for (const name of [method].flat()) entry.methods.add(name);
    known.set(url, entry);
  });
  const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const path = request.url.split('?')[0] ?? '';
    const methods = [...known.values()].filter(({ pattern }) => pattern.test(path)).flatMap((entry) => [...entry.methods]);
    if (methods.length === 0) return sendProblem(reply, 404, `there is no ${request.method} ${path}`);
    const allowed = [...new Set(methods)].sort().join(', ');
    return sendProblem(reply.header('allow', allowed), 405, `there is no ${request.method} ${path}; it takes ${allowed}`);
  };
  app.setNotFoundHandler(answer);
  // Before a body is read: what it is does not matter to an address that takes none.
  app.addHook('preParsing', async (request, reply) => {
    if (request.is404) await answer(request, reply);
  });
}
