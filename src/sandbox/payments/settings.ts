import * as z from 'zod';
import { noWeaknesses, Weaknesses } from './weaknesses.ts';

/*
 * The payments system stands for somebody else's programs, which Breakwater shoots at. Each is a process of its own with settings of its own, so
 * this file reads process.env; in Breakwater proper config.ts alone does.
 */

const url = (protocols: RegExp, example: string) => z.string().regex(protocols, `expected ${example}`);
const postgresUrl = url(/^postgres(ql)?:\/\/\S+$/, 'postgres://user:password@host:port/database');
const httpUrl = url(/^https?:\/\/\S+$/, 'http://host:port');
const port = z.coerce.number().int().min(1).max(65_535);
const host = z.union([z.ipv4(), z.ipv6()]).default('127.0.0.1').describe('address to listen on; in a pod 0.0.0.0');
const ms = z.coerce.number().int().min(1).max(600_000);

/** Where payments and their queue are kept. The queue's schema is this one with `_queue` added. */
const storage = {
  PAYMENTS_DATABASE_URL: postgresUrl,
  PAYMENTS_SCHEMA: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,39}$/, 'expected a-z, 0-9 and _, at most 40')
    .default('payments_sandbox'),
};

/** What a worker is told, also by its supervisor. */
const work = {
  PAYMENTS_WORK_MS: ms.default(40).describe('how long the card network takes for one payment'),
  PAYMENTS_WEAKNESSES: z
    .string()
    .transform((text, context) => parseJson(text) ?? context.addIssue({ code: 'custom', message: 'expected JSON' }))
    .pipe(Weaknesses)
    .default(noWeaknesses),
};

export const GatewaySettings = z.object({
  ...storage,
  PAYMENTS_HOST: host,
  PAYMENTS_PORT: port,
  PAYMENTS_REPLICA_URL: postgresUrl.optional(),
  PAYMENTS_ANSWER_WITHIN_MS: ms.default(1_000).describe('a payment that is not done by then is answered with 202'),
  PAYMENTS_DEADLINE_MS: ms.default(5_000).describe('a payment that is not done by then counts as an error'),
  PAYMENTS_VISIBILITY_TIMEOUT_MS: ms
    .min(1_000)
    .default(2_000)
    .describe('a payment that was taken and not done by then is given to another worker'),
});
export type GatewaySettings = z.infer<typeof GatewaySettings>;

export const WorkerSettings = z.object({ ...storage, ...work });
export type WorkerSettings = z.infer<typeof WorkerSettings>;

export const SupervisorSettings = z.object({
  ...storage,
  ...work,
  PAYMENTS_HOST: host,
  PAYMENTS_PORT: port,
  PAYMENTS_WORKERS: z.coerce.number().int().min(0).max(32).default(4),
  PAYMENTS_REGISTRY_FILE: z.string().startsWith('/', 'expected an absolute path').optional(),
});
export type SupervisorSettings = z.infer<typeof SupervisorSettings>;

export const LoadSettings = z.object({
  PAYMENTS_GATEWAY_URL: httpUrl,
  PAYMENTS_RATE_PER_SECOND: z.coerce.number().positive().max(1_000).default(40),
  PAYMENTS_DURATION_MS: z.coerce.number().int().positive().optional().describe('without it, until stopped'),
  PAYMENTS_POISON_EVERY: z.coerce.number().int().min(0).default(0).describe('every n-th payment is one that nobody can book; 0: none'),
});
export type LoadSettings = z.infer<typeof LoadSettings>;

/**
 * Reads a program's settings from its environment.
 * @throws Error with a line per wrong variable, without its value, because some are secret
 */
export function readSettings<S extends z.ZodType>(schema: S, env: NodeJS.ProcessEnv = process.env): z.infer<S> {
  const parsed = schema.safeParse(env);
  if (parsed.success) return parsed.data;
  throw new Error(
    `The settings are wrong:\n${parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`).join('\n')}`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
