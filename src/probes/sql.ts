import * as z from 'zod';
import type { Measurement } from '../domain/sample.ts';
import type { Reading } from '../domain/sight.ts';
import { excerpt, failure, noData, parseNumber, valueOf } from './answer.ts';
import { defineProvider } from './define.ts';
import { msOf, PositiveDurationText } from './fields.ts';
import type { SqlResult } from './ports.ts';
import { databaseClock, parseTime } from './source-time.ts';

const PostgresUrl = z
  .url({ protocol: /^postgres(ql)?$/, error: 'expected a postgres:// URL' })
  .refine((text) => !URL.canParse(text) || (new URL(text).password === '' && !/[?&]password=/i.test(text)), {
    error: 'expected a URL without a password; use {secret: NAME} for one that has it',
  });

const schema = z.strictObject({
  kind: z.literal('sql'),
  connection: z
    .union([
      z.strictObject({ secret: z.string().min(1).describe('name of the secret that holds the postgres:// URL') }),
      z.strictObject({ url: PostgresUrl.describe('postgres:// URL without a password') }),
    ])
    .describe('the PostgreSQL database; probes of one connection share a small pool'),
  query: z
    .string()
    .min(1)
    .describe(
      'one statement that gives one row with one number or boolean, and if wanted a second column named at: the epoch seconds that the value is of; it runs in a read-only transaction',
    ),
  statementTimeout: PositiveDurationText.default('5s').describe(
    'the server ends the statement after this time, even if nobody waits any more',
  ),
});

/** Reads a result of one row and one column, beside which `at` may tell the value's time. */
export function readResult({ columns, rows }: SqlResult): Reading {
  const at = columns.length === 2 ? columns.findIndex(({ name }) => name === 'at') : -1;
  const [column] = columns.filter((_, i) => i !== at);
  if (columns.length !== (at < 0 ? 1 : 2) || column === undefined)
    return failure(`the query gives ${columns.length} columns, expected one`);
  if (rows.length > 1) return failure(`the query gives ${rows.length} rows, expected one`);
  if (rows.length === 0) return noData('the query gives no row');
  const value = readValue(column, rows[0]?.[at === 0 ? 1 : 0]);
  if (at < 0 || value.kind !== 'value') return value;
  const time = rows[0]?.[at];
  if (time === null || time === undefined) return noData('at is null');
  const sourceAtMs = columns[at]?.isNumber ? parseTime(parseNumber(time)) : undefined;
  return sourceAtMs === undefined ? failure('at is not a number of seconds: select extract(epoch from …) AS at') : { ...value, sourceAtMs };
}

/** Text that looks like a number is refused: it is not known to be one. */
function readValue(column: SqlResult['columns'][number], text: string | null | undefined): Measurement {
  if (text === null || text === undefined) return noData(`${column.name} is null`);
  if (column.isBoolean) return valueOf(text === 't' || text === 'true' ? 1 : 0);
  if (!column.isNumber)
    return failure(`${column.name} is neither a number nor a boolean; for an interval select extract(epoch from …), otherwise cast it`);
  const value = parseNumber(text);
  return value === undefined ? failure(`${column.name} is not a number: '${excerpt(text)}'`) : valueOf(value);
}

/** One statement per measurement. Give the probe a role that may only read: a function that a SELECT calls may do more than read. */
export const sql = defineProvider('sql', {
  schema,
  doc: {
    summary: 'Asks a PostgreSQL database for one number: queue depth, replica lag, orders per minute.',
    unit: 'whatever the column means (true is 1, false 0)',
    noData: 'No row, null or NaN, at that is null. More than one row or column, a text or a failing statement is an error.',
  },
  open: (spec, ports) => ({
    async measure(signal) {
      const connectionString = 'url' in spec.connection ? spec.connection.url : await ports.secrets.get(spec.connection.secret);
      const statementTimeoutMs = msOf(spec.statementTimeout);
      const result = await ports.sql.query({ connectionString, query: spec.query, statementTimeoutMs, signal });
      return { ...databaseClock(result), ...readResult(result) };
    },
  }),
});
