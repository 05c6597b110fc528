import type { FastifyInstance, FastifyReply } from 'fastify';
import * as z from 'zod';

/** RFC 9457: what went wrong, for programs and people. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
}

const TITLES: Record<number, string> = {
  400: 'Bad request',
  401: 'Not authorised',
  404: 'No such thing',
  405: 'Not allowed',
  413: 'Too large',
  415: 'Unsupported content',
  421: 'Misdirected',
  422: 'Refused',
  503: 'Temporal does not answer',
};

/** An ending that is expected: its status and one sentence. */
export class HttpError extends Error {
  readonly statusCode: number;
  constructor(statusCode: number, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

/** Answers with a problem. Nothing of ours but the sentence gets out. */
export async function sendProblem(reply: FastifyReply, status: number, detail: string): Promise<void> {
  const problem: Problem = { type: 'about:blank', title: TITLES[status] ?? 'Breakwater failed', status, detail: detail.slice(0, 1_000) };
  await reply.code(status).header('content-type', 'application/problem+json').send(JSON.stringify(problem));
}

const innermost = (error: Error): string => (error.cause instanceof Error ? innermost(error.cause) : error.message);

function statusOf(error: unknown): { status: number; detail: string } {
  if (!(error instanceof Error)) return { status: 500, detail: 'unknown error' };
  if (error instanceof z.ZodError) return { status: 400, detail: z.prettifyError(error) };
  const { statusCode } = error as { statusCode?: number };
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return { status: statusCode, detail: error.message };
  if (error.name === 'WorkflowUpdateFailedError') return { status: 422, detail: innermost(error) };
  // By name and not by class: gRPC's errors come wrapped in several.
  if (['ServiceError', 'WorkflowUpdateRPCTimeoutOrCancelledError', 'NamespaceNotFoundError'].includes(error.name))
    return { status: 503, detail: 'Temporal did not answer; try again' };
  return { status: 500, detail: 'the log of the API tells more' };
}

/** Every error becomes a problem: no stack, no HTML. */
export function answerProblems(app: FastifyInstance): void {
  app.setNotFoundHandler((request, reply) => sendProblem(reply, 404, `there is no ${request.method} ${request.url.split('?')[0] ?? ''}`));
  app.setErrorHandler(async (error, request, reply) => {
    const { status, detail } = statusOf(error);
    if (status >= 500) request.log.error({ err: error }, 'a request failed');
    await sendProblem(reply, status, detail);
  });
}
