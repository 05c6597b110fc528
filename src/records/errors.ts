/** What the records throw. The message names the place and holds neither address nor password. */
export class RecordsError extends Error {
  override readonly name = 'RecordsError';
  /** True: the database was not reachable or overloaded, and trying again can help. */
  readonly retryable: boolean;

  constructor(message: string, options: { retryable: boolean }) {
    super(message);
    this.retryable = options.retryable;
  }
}

/** Something that no retry mends: a value that can't be stored, a run that is not there. */
export const refused = (message: string): RecordsError => new RecordsError(`records: ${message}`, { retryable: false });

const REMEDY = 'check that PostgreSQL runs and that the records URL, user, password and database are right';

/** A SQLSTATE, and not one of Node's codes such as EPIPE: those have no digit. */
const isSqlState = (code: string): boolean => /^(?=.*\d)[0-9A-Z]{5}$/.test(code);

/** Connection exceptions, out of resources, operator intervention, deadlock, lock not available. @see PostgreSQL manual, appendix A */
const transient = /^(08|53|57|40|55P03)/;

/** Wrong user or password, no such database: the address is at fault, not the statement. */
const unreachable = /^(08|28|3D|57P)/;

/**
 * Turns whatever `pg` threw into a RecordsError. The original is not kept as `cause`: an invalid URL, for one,
 * carries itself, with its password, as a property.
 * @param doing what was tried: `append samples`
 */
export function translate(cause: unknown, doing: string, secrets: readonly string[]): RecordsError {
  if (cause instanceof RecordsError) return cause;
  const code = codeOf(cause);
  const said = scrub(cause instanceof Error ? cause.message : '', secrets) || 'no connection';
  const sql = isSqlState(code);
  const label = sql ? ` (SQLSTATE ${code})` : code && !said.includes(code) ? ` (${code})` : '';
  const remedy = !sql || unreachable.test(code) ? `; ${REMEDY}` : '';
  return new RecordsError(`records: cannot ${doing}: ${said}${label}${remedy}`, { retryable: !sql || transient.test(code) });
}

const codeOf = (cause: unknown): string =>
  typeof cause === 'object' && cause !== null && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';

const scrub = (text: string, secrets: readonly string[]): string =>
  secrets.reduce((clean, secret) => clean.replaceAll(secret, '***'), text);
