import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { createProgram } from '../../src/cli/program.ts';
import { createCli } from '../../src/cli/context.ts';
import { recordingTerminal } from '../cli/terminals.ts';

const folder = resolve(__dirname, '../../deploy/ci');
const text = (file: string): string => readFileSync(join(folder, file), 'utf8');

/** Metadata of a composite action, as GitHub publishes it. */
const Action = z.strictObject({
  name: z.string().min(1),
  description: z.string().min(1),
  inputs: z.record(
    z.string(),
    z.strictObject({ description: z.string(), required: z.boolean().optional(), default: z.string().optional() }),
  ),
  outputs: z.record(z.string(), z.strictObject({ description: z.string(), value: z.string() })),
  runs: z.strictObject({
    using: z.literal('composite'),
    steps: z.array(
      z.union([
        z.strictObject({ shell: z.literal('bash'), env: z.record(z.string(), z.string()), run: z.string() }),
        z.strictObject({ if: z.string().optional(), uses: z.string(), with: z.record(z.string(), z.string()) }),
      ]),
    ),
  }),
});

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'breakwater-action-'));
});
afterEach(() => {
  rmSync(cwd, { recursive: true, force: true });
});

/** Runs the action's script with a command that tells its arguments, one a line. */
function runScript(env: Record<string, string>): { status: number | null; lines: string[] } {
  const { status, stdout } = spawnSync('bash', [join(folder, 'github/run.sh')], {
    cwd,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', COMMAND: 'printf %s\\n', ...env },
  });
  return { status, lines: stdout.trimEnd().split('\n') };
}

const options = (): string[] => {
  const cli = createCli(recordingTerminal({}), {}, () => undefined);
  const command = createProgram(cli).commands.find((one) => one.name() === 'ci');
  return command?.options.flatMap(({ long }) => long ?? []) ?? [];
};

test('the action is a composite action, and every input reaches its script as a variable and in no other way', () => {
  const { inputs, runs } = Action.parse(parse(text('github/action.yml')));
  const [script] = runs.steps.flatMap((step) => ('run' in step ? [step] : []));
  expect(Object.values(script?.env ?? {}).sort()).toEqual(
    Object.keys(inputs)
      .map((name) => `\${{ inputs.${name} }}`)
      .sort(),
  );
  expect(script?.run).not.toContain('${{');
});

test('its script expands patterns, keeps words whole, and uses options that there are', () => {
  for (const name of ['a one.yaml', 'b.yaml', '$(touch hacked).yaml']) writeFileSync(join(cwd, name), '');
  const { status, lines } = runScript({
    EXPERIMENTS: '*.yaml\n',
    LABELS: 'tier=1\nteam=a b',
    CONFIGURED: 'true',
    TIME_SCALE: '0.5',
    TIMEOUT: '9m',
    ARTIFACTS: 'my out',
  });
  expect(status).toBe(0);
  expect(lines.sort()).toEqual(
    ['ci', '$(touch hacked).yaml', 'a one.yaml', 'b.yaml', '--label', 'tier=1', '--label', 'team=a b', '--configured']
      .concat(['--time-scale', '0.5', '--timeout', '9m', '--artifacts', 'my out'])
      .sort(),
  );
  expect(lines.filter((line) => line.startsWith('--') && !options().includes(line))).toEqual([]);
});

test.each([
  ['no pattern', ''],
  ['a pattern that fits nothing', 'chaos/*.yaml'],
])('%s is an error, not an empty job', (_what, EXPERIMENTS) => {
  expect(runScript({ EXPERIMENTS })).toMatchObject({ status: 2, lines: [expect.stringMatching(/^::error::/)] });
});

test('the GitLab template is a job to be extended, keeps the JUnit file, and sets nothing that Breakwater would take for a setting', () => {
  const template = parse(text('gitlab/breakwater.gitlab-ci.yml')) as Record<string, Record<string, never>>;
  expect(template).toMatchObject({
    '.breakwater': {
      script: [expect.stringMatching(/breakwater ci /)],
      artifacts: { when: 'always', reports: { junit: 'artifacts/breakwater/junit.xml' } },
    },
  });
  expect(Object.keys(template['.breakwater']?.['variables'] ?? {}).filter((name) => name.startsWith('BREAKWATER_'))).toEqual([]);
});
