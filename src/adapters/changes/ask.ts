import type * as z from 'zod';
import { ChangeSystemError } from '../../activities/change-port.ts';
import type { HttpPort, SecretsPort } from '../../remedies/ports.ts';
import type { Auth } from './file.ts';

/** One request's share of a gate's patience, milliseconds. */
const ANSWER_WITHIN_MS = 4_000;

/** What is asked. */
export interface Ask {
  method: 'GET' | 'POST' | 'PATCH';
  /** The whole address; what came from a ticket is escaped in it. */
  url: string;
  json?: unknown;
  headers?: Record<string, string>;
}

/** Asks one change system, with its credentials. */
export interface Asker {
  /** @throws ChangeSystemError unless the answer has a good status and the expected shape */
  ask<S extends z.ZodType>(ask: Ask, shape: S, signal: AbortSignal): Promise<z.infer<S>>;
  /** Any answer with a good status will do; its body is not read. */
  tell(ask: Ask, signal: AbortSignal): Promise<void>;
}

/** What the person at the settings must look at, by status. */
const HINTS: Record<number, string> = {
  401: 'its credentials are not taken: look at the secret',
  403: 'its user may not do this: look at its roles',
  404: 'there is no such thing, or its user may not see it',
  429: 'it has too many requests',
};

async function authorization(auth: Auth | undefined, secrets: SecretsPort): Promise<Record<string, string>> {
  if (!auth) return {};
  const value = async ({ secret }: { secret: string }): Promise<string> =>
    secrets.get(secret).catch((cause: unknown) => {
      throw new ChangeSystemError(cause instanceof Error ? cause.message : `secret '${secret}' cannot be read`, false);
    });
  if ('token' in auth) return { authorization: `Bearer ${await value(auth.token)}` };
  return { authorization: `Basic ${Buffer.from(`${auth.user}:${await value(auth.password)}`).toString('base64')}` };
}

/**
 * Creates what the adapters of change systems ask with. Of an answer nothing is repeated in an error: it may repeat what it was sent.
 * @param http one that follows no redirects: credentials go to the address of the settings, and a decision comes from there
 */
export function createAsker(name: string, http: HttpPort, secrets: SecretsPort, auth?: Auth, withinMs = ANSWER_WITHIN_MS): Asker {
  const fail = (why: string, retryable: boolean): ChangeSystemError => new ChangeSystemError(`${name} ${why}`, retryable);

  async function send({ method, url, json, headers = {} }: Ask, signal: AbortSignal): Promise<string> {
    const body = json === undefined ? {} : { 'content-type': 'application/json' };
    const all = { accept: 'application/json', ...body, ...headers, ...(await authorization(auth, secrets)) };
    const sent = await http
      .send({ method, url, headers: all, ...(json !== undefined && { json }), timeoutMs: withinMs }, signal)
      .catch((cause: unknown) => {
        throw fail(
          signal.aborted ? 'did not answer in time' : `could not be asked: ${cause instanceof Error ? cause.message : 'failed'}`,
          true,
        );
      });
    const { status } = sent;
    if (status >= 200 && status < 300) return sent.body;
    if (status >= 300 && status < 400) throw fail(`answered ${status}: it redirects, and redirects are not followed`, false);
    const hint = HINTS[status];
    throw fail(`answered ${status}${hint === undefined ? '' : `: ${hint}`}`, status === 408 || status === 429 || status >= 500);
  }

  return {
    async ask(ask, shape, signal) {
      const body = await send(ask, signal);
      let json: unknown;
      try {
        json = JSON.parse(body);
      } catch {
        throw fail('answered with something else than JSON: is it a page to sign in?', false);
      }
      const parsed = shape.safeParse(json);
      if (parsed.success) return parsed.data;
      const [issue] = parsed.error.issues;
      throw fail(`does not answer as its contract says: at ${issue?.path.join('.') || 'the top'}, ${issue?.message ?? 'unknown'}`, false);
    },
    async tell(ask, signal) {
      await send(ask, signal);
    },
  };
}
