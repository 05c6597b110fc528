import { missing } from './addresses.ts';

export { databaseUrl, freshDir, temporalAddress } from './addresses.ts';

/** `describe` for suites that need Temporal: skipped, and said so, where no server can be had. BREAKWATER_REQUIRE_SERVERS=1 forbids the skip. */
export const describeWithTemporal: jest.Describe = describeWith('BREAKWATER_TEST_TEMPORAL');

/** The same for suites that need PostgreSQL. */
export const describeWithDatabase: jest.Describe = describeWith('BREAKWATER_TEST_DATABASE_URL');

function describeWith(variable: string): jest.Describe {
  if (process.env[variable]) return describe;
  if (process.env['BREAKWATER_REQUIRE_SERVERS'] === '1') throw new Error(missing(variable));
  console.warn(`SKIPPED: ${missing(variable)}`);
  return describe.skip;
}
