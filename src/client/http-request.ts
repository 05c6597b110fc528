/** Where the API is, and how one gets in. */
export interface ApiAddress {
  /** `https://breakwater.example.com`; without TLS only for this machine. */
  url: string;
  /** A token of a known issuer, an API key, or the shared token; asked for before each request, so that it may change. Secret. */
  token?: string | (() => string | Promise<string>);
  /** Longest wait for an answer, milliseconds; streams have no end. */
  timeoutMs?: number;
}

/** One request. */
export interface Asked {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  query?: Record<string, string>;
  body?: object;
  headers?: Record<string, string>;
  isStream?: boolean;
  signal?: AbortSignal;
}

/** The API refused, in its own words (RFC 9457). */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly status: number;
  readonly title: string;
  constructor(status: number, title: string, detail: string) {
    super(detail);
    this.status = status;
    this.title = title;
  }
}

/** A plan takes its time. */
const ANSWER_WITHIN_MS = 70_000;

const isHere = (host: string): boolean => /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(host);

async function problemIn(answer: Response): Promise<ApiProblem> {
  const { title, detail } = (await answer.json().catch(() => ({}))) as { title?: unknown; detail?: unknown };
  const text = (value: unknown, otherwise: string): string => (typeof value === 'string' ? value : otherwise);
  return new ApiProblem(answer.status, text(title, answer.statusText), text(detail, `the API answered ${answer.status}`));
}

/**
 * Asks the API. Redirects are not followed: the token goes nowhere else.
 * @throws ApiProblem when it refuses; TypeError when it cannot be reached, or the address would show the token to everybody between
 */
export async function askApi({ url, token, timeoutMs = ANSWER_WITHIN_MS }: ApiAddress, asked: Asked): Promise<Response> {
  const { method, path, query = {}, body, headers = {}, isStream, signal } = asked;
  const target = new URL(path, url);
  if (target.protocol !== 'https:' && !isHere(target.hostname))
    throw new TypeError(`${target.origin}: use https, or the token is shown to everybody between`);
  for (const [name, value] of Object.entries(query)) target.searchParams.set(name, value);
  const secret = typeof token === 'function' ? await token() : token;
  const signals = [...(isStream ? [] : [AbortSignal.timeout(timeoutMs)]), ...(signal ? [signal] : [])];
  const answer = await fetch(target, {
    method,
    redirect: 'error',
    headers: {
      accept: 'application/json',
      ...(body && { 'content-type': 'application/json' }),
      ...headers,
      ...(secret !== undefined && { authorization: `Bearer ${secret}` }),
    },
    ...(body && { body: JSON.stringify(body) }),
    ...(signals.length > 0 && { signal: AbortSignal.any(signals) }),
  });
  if (!answer.ok) throw await problemIn(answer);
  return answer;
}
