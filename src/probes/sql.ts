import * as z from 'zod';
import type { Measurement } from '../domain/sample.ts';
import { excerpt, failure, noData, parseNumber, valueOf } from './answer.ts';
import { defineProvider } from './define.ts';
import { msOf, PositiveDurationText } from './fields.ts';
import type { SqlResult } from './ports.ts';

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
  query: z.string().min(1).describe('one statement that gives one row with one number or boolean; it runs in a read-only transaction'),
  statementTimeout: PositiveDurationText.default('5s').describe(
    'the server ends the statement after this time, even if nobody waits any more',
  ),
});

/** Reads a result of one row and one column. Text that looks like a number is refused: it is not known to be one. */
export function readResult({ columns, rows }: SqlResult): Measurement {
  const [column] = columns;
  if (columns.length !== 1 || column === undefined) return failure(`the query gives ${columns.length} columns, expected one`);
  if (rows.length > 1) return failure(`the query gives ${rows.length} rows, expected one`);
  if (rows.length === 0) return noData('the query gives no row');
  const text = rows[0]?.[0];
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
    noData: 'No row, null or NaN. More than one row or column, a text or a failing statement is an error.',
  },
  open: (spec, ports) => ({
    async measure(signal) {
      const connectionString = 'url' in spec.connection ? spec.connection.url : await ports.secrets.get(spec.connection.secret);
      return readResult(
        await ports.sql.query({ connectionString, query: spec.query, statementTimeoutMs: msOf(spec.statementTimeout), signal }),
      );
    },
  }),
});
