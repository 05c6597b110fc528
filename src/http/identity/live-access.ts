import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import { HttpError } from '../problem.ts';
import { parseAccess, readAccessText, type AccessFile } from './access-file.ts';
import { UsedTokens } from './used-tokens.ts';
import { createIdentify, type Identify, type IdentitySources } from './identify.ts';

/** How often the file is looked at. What is new in it counts once two looks found the same: a file that is half written could lack a `revoked`. */
const LOOK_EVERY_MS = 1_000;
/** How long what was read last still counts when the file is wrong or gone. */
export const KEPT_MS = 900_000;
const SAY_EVERY_MS = 60_000;
/** So many looks may find nothing, because the file is being written, or take longer, before that counts as "cannot be read". */
const GRACE_LOOKS = 5;

/** How the access file stands: `stale`: wrong or gone, and what was read before counts; `expired`: for so long that nobody gets in by it. */
export type AccessStanding = 'ok' | 'stale' | 'expired';

/** The access file as it is now. */
export interface LiveAccess {
  /** What counts; undefined: nothing does. */
  current(): AccessFile | undefined;
  standing(): AccessStanding;
  /** Milliseconds since the file could be read; 0: it can be. */
  staleMs(): number;
  /** Called when other grants count than before. */
  onChange(listener: () => void): void;
  stop(): void;
}

interface LookOptions {
  log: Pick<Logger, 'info' | 'error'>;
  nowMs?: () => number;
  everyMs?: number;
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * Keeps reading the file that BREAKWATER_ACCESS names.
 * @throws ConfigError when it is wrong at the start
 */
export async function watchAccess(path: string, { log, nowMs = Date.now, everyMs = LOOK_EVERY_MS }: LookOptions): Promise<LiveAccess> {
  const first = await readAccessText(path);
  let [access, digest, before] = [parseAccess(path, first), digestOf(first), digestOf(first)];
  let lastSteadyMs = nowMs();
  let isWrong = false;
  let saidMs = 0;
  const listeners: (() => void)[] = [];
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  const sinceSteadyMs = (): number => Math.max(0, nowMs() - lastSteadyMs);
  const isStale = (): boolean => isWrong || sinceSteadyMs() > GRACE_LOOKS * Math.max(everyMs, LOOK_EVERY_MS);
  const isExpired = (): boolean => sinceSteadyMs() >= KEPT_MS;
  let hadExpired = false;

  const fine = (): void => {
    if (isStale()) log.info({ path }, 'the access file can be read again');
    lastSteadyMs = nowMs();
    isWrong = false;
    if (hadExpired) tell();
    hadExpired = false;
  };
  // Not only after a look: one that hangs ends nothing, and a file that never stands still is never wrong.
  const checkAge = (): void => {
    if (isStale()) say('it is not read, or never stands still');
    if (!isExpired() || hadExpired) return;
    hadExpired = true;
    tell();
  };
  const say = (cause: unknown): void => {
    if (nowMs() - saidMs < SAY_EVERY_MS) return;
    saidMs = nowMs();
    const leftS = Math.max(0, Math.round((KEPT_MS - sinceSteadyMs()) / 1_000));
    const detail = 'the access file is wrong or gone: what was read last counts for so long, and then nobody gets in by it';
    log.error({ path, leftS, cause: String(cause) }, detail);
  };
  const look = async (): Promise<void> => {
    try {
      const text = await readAccessText(path);
      const now = digestOf(text);
      const isSteady = now === before;
      before = now;
      if (!isSteady) return;
      if (now === digest) return fine();
      access = parseAccess(path, text);
      digest = now;
      fine();
      log.info({ path, digest: digest.slice(0, 12) }, 'the access file has changed, and counts from now on');
      tell();
    } catch (error) {
      isWrong = true;
      say(error);
    }
  };
  let looking: Promise<void> | undefined;
  const timer = setInterval(() => {
    looking ??= look().finally(() => (looking = undefined));
    checkAge();
  }, everyMs);
  timer.unref();
  return {
    current: () => (isExpired() ? undefined : access),
    standing: () => (isExpired() ? 'expired' : isStale() ? 'stale' : 'ok'),
    staleMs: () => (isStale() ? sinceSteadyMs() : 0),
    onChange: (listener) => void listeners.push(listener),
    stop: () => clearInterval(timer),
  };
}

/** Asks by the file as it is at each request. Without one that counts only the shared token is known, and nobody is "this machine". */
export function createLiveIdentify(sources: Omit<IdentitySources, 'access'>, live: LiveAccess): Identify {
  const used = sources.used ?? new UsedTokens(sources.nowMs);
  let made: { access: AccessFile | undefined; identify: Identify } | undefined;
  return (request) => {
    const access = live.current();
    if (!access && sources.token === undefined)
      throw new HttpError(503, 'the access file could not be read for too long: nobody is known here until it is mended');
    if (!made || made.access !== access) made = { access, identify: createIdentify({ ...sources, used, ...(access && { access }) }) };
    return made.identify(request);
  };
}
