import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { BreakwaterClient, RunResult } from '../client.ts';
import type { Scene, Stage } from '../sandbox/demo/scenes.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import type { Cli } from './context.ts';
import { endWithUs } from './end-with-us.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { follow } from './follow.ts';
import { runAtTemporal } from './watched-run.ts';
import { planLines } from './plan-view.ts';
import { table } from './table.ts';

/** Breakwater as the scenes use it, on this terminal. */
function stageOf(cli: Cli, sandbox: Sandbox, client: BreakwaterClient): Stage {
  const { terminal } = cli;
  return {
    sandbox,
    client,
    say: (line) => {
      terminal.err(`\n${terminal.paint('bold', `▌ ${line}`)}\n`);
    },
    async showPlan(document, timeScale) {
      const result = await client.plan({ document, requestedBy: 'demo', timeScale, seed: 7 });
      if (!result.valid) throw new CliError(EXIT.platform, `The demo's plan is refused: ${result.reason}`);
      terminal.err(`${planLines(result, terminal.paint).join('\n')}\n\n`);
    },
    async follow(workflowId): Promise<RunResult> {
      const ending = await follow(cli, runAtTemporal(client, workflowId, 'demo'), {});
      if (ending.kind !== 'closed') throw new CliError(EXIT.interrupted, 'The demo was interrupted.');
      return ending.result;
    },
  };
}

const isAsPromised = ({ result, expected, shown }: Scene): boolean => expected.includes(result.verdict) && shown.length > 0;

/** Writes the reports of all scenes. @returns the path of each HTML report */
async function writeReports(sandbox: Sandbox, scenes: readonly Scene[], dir: string): Promise<string[]> {
  const [{ createRecords }, { readReport, renderHtml, renderMarkdown }] = await Promise.all([
    import('../records/postgres.ts'),
    import('../report/index.ts'),
  ]);
  await mkdir(dir, { recursive: true });
  const records = createRecords({ url: sandbox.env['BREAKWATER_DATABASE_URL'] ?? '', maxConnections: 2 });
  try {
    return await Promise.all(
      scenes.map(async ({ result: { workflowId } }) => {
        const run = await records.findRun(workflowId);
        if (!run) throw new CliError(EXIT.platform, `${workflowId} is not in the records`);
        const report = await readReport(records, run);
        await writeFile(join(dir, `${workflowId}.md`), renderMarkdown(report));
        const file = join(dir, `${workflowId}.html`);
        await writeFile(file, renderHtml(report));
        return file;
      }),
    );
  } finally {
    await records.close();
  }
}

function summary(scenes: readonly Scene[], files: readonly string[]): string[] {
  const rows = scenes.map(({ result, shown }, i) => [
    result.workflowId,
    result.verdict,
    shown.join('; ') || 'NOT AS PROMISED',
    files[i] ?? '',
  ]);
  return [
    ...table(['run', 'verdict', 'shown', 'report'], rows, 110),
    '',
    ...scenes.map(({ title, result }) => `${title}\n    ${result.verdict} (${result.rule}): ${result.reason}`),
  ];
}

async function play(cli: Cli, sandbox: Sandbox): Promise<Scene[]> {
  const { BreakwaterClient: Door } = await import('../client.ts');
  const { calm, crash, healthy, weak } = await import('../sandbox/demo/scenes.ts');
  const client = await Door.connect({ connection: { address: sandbox.temporal.address } });
  const stage = stageOf(cli, sandbox, client);
  const scenes: Scene[] = [];
  try {
    for (const scene of [healthy, weak, crash]) {
      await calm(stage);
      scenes.push(await scene(stage));
    }
    return scenes;
  } finally {
    await client.close();
  }
}

async function show(cli: Cli, isKept: boolean): Promise<number> {
  const { homeDir } = cli.config();
  const { terminal } = cli;
  const [{ findSandbox, startSandbox }, { writeSandboxEnv }] = await Promise.all([
    import('../sandbox/sandbox.ts'),
    import('../sandbox/env-file.ts'),
  ]);
  if ((await findSandbox(homeDir)).parts.length > 0)
    throw new CliError(EXIT.usage, `A sandbox runs already in ${homeDir}.`, 'End it with `breakwater down` (node dist/cli/main.js down).');
  terminal.err('Time passes 30 times faster: 3 minutes of the experiment are 6 seconds here.\n');
  const stopListening = endWithUs();
  const sandbox = await startSandbox({
    homeDir,
    detached: isKept,
    log: (line) => {
      terminal.err(`${line}\n`);
    },
  });
  stopListening();
  let isUp = true;
  try {
    const scenes = await play(cli, sandbox);
    const files = await writeReports(sandbox, scenes, join(homeDir, 'reports'));
    terminal.out(`\n${summary(scenes, files).join('\n')}\n`);
    if (isKept) {
      await writeSandboxEnv(homeDir, sandbox.env);
      terminal.err(`\nLeft up. Temporal Web: ${sandbox.temporal.uiUrl ?? 'not known'}\nEnd it with: node dist/cli/main.js down\n`);
      isUp = false;
    }
    return scenes.every(isAsPromised) ? EXIT.held : EXIT.platform;
  } finally {
    if (isUp) await sandbox.stop();
  }
}

/** `breakwater demo` */
export function demo(program: Command, cli: Cli): void {
  program
    .command('demo')
    .summary('experiment on a real system on this machine, in about three minutes')
    .description(
      'Starts the sandbox and runs the payment-worker experiment on it: on a healthy system, on one with a weakness, and with Breakwater killed in the middle. Everything is real and is ended afterwards.',
    )
    .option('--keep', 'leave the sandbox and Temporal Web up; `breakwater down` ends them', false)
    .action(async ({ keep }: { keep: boolean }) => {
      cli.finish(await show(cli, keep));
    });
}
