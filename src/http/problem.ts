import type { FastifyInstance, FastifyReply } from 'fastify';
import * as z from 'zod';

/** RFC 9457: what went wrong, for programs and people. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
});
export type Problem = z.infer<typeof Problem>;

const TITLES: Record<number, string> = {
  400: 'Bad request',
  401: 'Not authenticated',
  403: 'Not allowed to you',
  404: 'No such thing',
  405: 'Not allowed here',
  408: 'Too slow',
  409: 'Conflict',
  413: 'Too large',
  414: 'Address too long',
  415: 'Unsupported content',
  421: 'Misdirected',
  422: 'Refused',
  429: 'Too many requests',
  431: 'Headers too large',
  503: 'Something that is needed does not answer',
};

/** An ending that is expected: its status and one sentence. */
export class HttpError extends Error {
  readonly statusCode: number;
  constructor(statusCode: number, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

/** The body of a problem. Nothing of ours but the sentence gets out. */
export const problemOf = (status: number, detail: string): Problem => ({
  type: 'about:blank',
  title: TITLES[status] ?? 'Breakwater failed',
  status,
  detail: detail.slice(0, 1_000),
});

/** Answers with a problem. */
export async function sendProblem(reply: FastifyReply, status: number, detail: string): Promise<void> {
  await reply
    .code(status)
    .header('content-type', 'application/problem+json')
    .send(JSON.stringify(problemOf(status, detail)));
}

const innermost = (error: Error): string => (error.cause instanceof Error ? innermost(error.cause) : error.message);

/** By name and not by class: errors of the SDK and of the records come from several copies. */
const BY_NAME: Record<string, (error: Error) => [status: number, detail: string]> = {
  WorkflowUpdateFailedError: (error) => [422, innermost(error)],
  ScheduleRefused: (error) => [422, error.message],
  WorkflowNotFoundError: () => [404, 'there is no such run'],
  ScheduleNotFoundError: () => [404, 'there is no such schedule'],
  RecordsError: (error) =>
    (error as { retryable?: boolean }).retryable ? [503, 'the records do not answer; try again'] : [500, 'the log of the API tells more'],
  ServiceError: () => [503, 'Temporal did not answer; try again'],
  WorkflowUpdateRPCTimeoutOrCancelledError: () => [503, 'Temporal did not answer; try again'],
  NamespaceNotFoundError: () => [503, 'Temporal did not answer; try again'],
};

/** What zod found, or what fastify's validation by zod found, place by place. */
function invalid(error: Error): string | undefined {
  if (error instanceof z.ZodError) return z.prettifyError(error);
  const { validation, validationContext = 'request' } = error as {
    validation?: { instancePath?: string; message?: string; params?: { issue?: z.core.$ZodIssue } }[];
    validationContext?: string;
  };
  return validation
    ?.map(
      ({ instancePath = '', message = '' }) => `${validationContext}${instancePath.replace(/\/$/, '').replaceAll('/', '.')}: ${message}`,
    )
    .join('\n');
}

function statusOf(error: unknown): [status: number, detail: string] {
  if (!(error instanceof Error)) return [500, 'unknown error'];
  const wrong = invalid(error);
  if (wrong !== undefined) return [400, wrong];
  const { statusCode } = error as { statusCode?: number };
  if (error instanceof HttpError) return [error.statusCode, error.message];
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return [statusCode, error.message];
  // gRPC's errors come as they are, with a number as code, or wrapped.
  if (typeof (error as { code?: unknown }).code === 'number' && 'details' in error) return [503, 'Temporal did not answer; try again'];
  return BY_NAME[error.name]?.(error) ?? [500, 'the log of the API tells more'];
}

/** Every error becomes a problem: no stack, no HTML. */
export function answerProblems(app: FastifyInstance): void {
  app.setErrorHandler(async (error, request, reply) => {
    const [status, detail] = statusOf(error);
    if (status >= 500) request.log.error({ err: error }, 'a request failed');
    await sendProblem(reply, status, detail);
  });
}
