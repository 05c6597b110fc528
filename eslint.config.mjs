import prettier from 'eslint-config-prettier';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import { importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** Which rooms a room must not import from: imports only go inward (docs/design.md, The rooms). */
const room = (target, from, message) => ({ target: `./src/${target}`, from: from.map((name) => `./src/${name}`), message });
const outer = ['gitops', 'http', 'cli', 'sandbox', 'reaper', 'worker.ts', 'open-opa.ts', 'client.ts', 'client', 'config.ts', 'settings'];
const zones = [
  room(
    'domain',
    [
      'faults',
      'probes',
      'remedies',
      'targets',
      'language',
      'policy',
      'schedules',
      'activities',
      'workflows',
      'adapters',
      'records',
      'report',
      ...outer,
    ],
    'domain knows nobody',
  ),
  ...['faults', 'probes', 'remedies', 'targets'].map((name) =>
    room(
      name,
      ['language', 'policy', 'activities', 'workflows', 'adapters', 'records', 'report', ...outer],
      'a catalogue knows the domain only',
    ),
  ),
  room(
    'language',
    ['policy', 'schedules', 'activities', 'workflows', 'adapters', 'records', 'report', ...outer],
    'the language knows the domain and the catalogues',
  ),
  room('policy', ['schedules', 'activities', 'workflows', 'adapters', 'records', 'report', ...outer], 'policy knows the domain'),
  room(
    'schedules',
    ['activities', 'workflows', 'adapters', 'records', 'report', ...outer],
    'schedules know policy, the language and the domain',
  ),
  room('activities', ['adapters', 'workflows', 'report', ...outer], 'activities speak to ports'),
  room('workflows', ['adapters', 'report', 'language', 'policy', 'schedules', ...outer], 'workflows run the domain and the SDK'),
  room('records', ['activities', 'workflows', 'adapters', 'report', ...outer], 'records know the domain'),
  room('report', ['activities', 'workflows', 'adapters', ...outer], 'a report is made from records'),
  room(
    'gitops',
    [
      'activities',
      'workflows',
      'adapters',
      'report',
      'http',
      'cli',
      'sandbox',
      'reaper',
      'worker.ts',
      'client.ts',
      'config.ts',
      'settings',
    ],
    'gitops knows the language, policy, the records and the doors to schedules',
  ),
  room('adapters', ['workflows', 'report', ...outer], 'adapters implement ports'),
  room('cli', ['adapters', 'reaper'], 'the CLI knows the client and the domain; only worker and reaper know adapters'),
  room(
    'reaper',
    ['language', 'policy', 'activities', 'workflows', 'records', 'report', 'http', 'cli', 'sandbox', 'worker.ts', 'client.ts', 'config.ts'],
    'the reaper is small: adapters, the catalogue of faults and the domain',
  ),
];

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', '.breakwater/', 'tools/', 'artifacts/', 'coverage/'] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver()] },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      // Ports and catalogue entries are records of closures: none of them has a `this` to lose.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'import-x/no-cycle': 'error',
      'import-x/no-restricted-paths': ['error', { zones }],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'no-restricted-syntax': [
        'error',
        { selector: "Property[key.name='shell'][value.value=true]", message: 'never a shell near a kill: pass an argument list' },
        {
          selector: "CallExpression[callee.name='exec'], CallExpression[callee.name='execSync']",
          message: 'exec goes through a shell: use spawn or execFile',
        },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/config.ts', 'src/cli/**', 'src/sandbox/**', 'src/reaper/main.ts'],
    rules: {
      'no-restricted-properties': ['error', { object: 'process', property: 'env', message: 'config.ts is the only reader of process.env' }],
    },
  },
  {
    files: ['src/domain/**/*.ts', 'src/workflows/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: ['node:*', 'fs', 'path', 'crypto'], message: 'domain and workflows are pure: no Node built-ins' }] },
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'chance is seeded' },
        { object: 'process', property: 'env', message: 'config.ts is the only reader of process.env' },
      ],
    },
  },
  {
    files: ['src/workflows/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '/(activities|faults|probes|remedies|targets|records)/',
              allowTypeImports: true,
              message: 'workflows take types only from outside the domain',
            },
          ],
        },
      ],
    },
  },
  { files: ['test/**/*.ts', 'bench/**/*.ts'], rules: { '@typescript-eslint/no-non-null-assertion': 'off', 'max-lines': 'off' } },
  { files: ['**/*.mjs', '**/*.js'], ...tseslint.configs.disableTypeChecked },
  prettier,
);
