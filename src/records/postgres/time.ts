/** SQL: epoch milliseconds to timestamptz. `to_timestamp` rounds to the microsecond, so whole milliseconds survive. */
export const timestamp = (ms: string): string => `to_timestamp(${ms}::float8 / 1000)`;

/** SQL: timestamptz to epoch milliseconds. `extract` is exact (numeric) since PostgreSQL 14. */
export const epochMs = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::float8`;
