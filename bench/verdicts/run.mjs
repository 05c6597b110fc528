import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BreakwaterClient } from '../../dist/client.js';
import { calm } from '../../dist/sandbox/demo/scenes.js';
import { startSandbox } from '../../dist/sandbox/sandbox.js';
import { say } from '../lib/pool.mjs';
import { aimAtLeast, round } from '../lib/statistics.mjs';
import { oneKill, SLOW_RESTART, TIME_SCALE } from './document.mjs';

const USAGE = 'node bench/verdicts/run.mjs [--runs N: seeded runs with the weakness, and as many without; 40 unless told]';
const ENDS_WITHIN_MS = 120_000;
const LEAST_FAILED = 0.95;
const LEAST_PASSED = 0.99;

function parse() {
  const { values } = parseArgs({ options: { runs: { type: 'string', default: '40' } } });
  if (/^[1-9]\d{0,3}$/.test(values.runs)) return Number(values.runs);
  process.stderr.write(`--runs ${values.runs}: expected 1 to 9999\nusage: ${USAGE}\n`);
  process.exit(2);
}

/** On a busy machine the queue needs more than the minute that the demo has. */
async function calmDown(sandbox, tries = 5) {
  await calm({ sandbox }).catch((error) => {
    if (tries <= 1) throw error;
    return calmDown(sandbox, tries - 1);
  });
}

/** Plays the experiment with one seed after the other on a system that is made calm, then weak or not. @returns what each run said */
async function play({ sandbox, client }, runs, weakness) {
  const verdicts = [];
  for (let seed = 1; seed <= runs; seed++) {
    await calmDown(sandbox);
    await sandbox.payments.weaken(weakness);
    const { workflowId } = await client.startExperiment({ document: await oneKill(), requestedBy: 'bench', timeScale: TIME_SCALE, seed });
    const result = await client.waitForVerdict(workflowId, ENDS_WITHIN_MS);
    const { verdict, rule, reason } = result ?? { verdict: 'none', rule: 'late', reason: `no verdict within ${ENDS_WITHIN_MS / 1_000} s` };
    verdicts.push({ seed, verdict, rule, reason });
    say(`verdicts: seed ${seed} of ${runs}: ${verdict} (${rule}): ${reason}`);
  }
  return verdicts;
}

const countBy = (verdicts) =>
  Object.fromEntries([...new Set(verdicts)].map((one) => [one, verdicts.filter((other) => other === one).length]));

/** @param wanted the verdict that is right @returns its share beside the aim, and every other verdict with its reason */
function judge(outcomes, wanted, least) {
  const share = round(outcomes.filter(({ verdict }) => verdict === wanted).length / outcomes.length);
  return {
    verdicts: countBy(outcomes.map(({ verdict }) => verdict)),
    [wanted]: aimAtLeast(share, least),
    others: outcomes.filter(({ verdict }) => verdict !== wanted),
  };
}

const runs = parse();
const homeDir = await mkdtemp(join(tmpdir(), 'breakwater-verdicts-'));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130)); // what was started is ended by its exit handlers
const sandbox = await startSandbox({ homeDir, detached: false, log: say });
try {
  const client = await BreakwaterClient.connect({ connection: { address: sandbox.temporal.address } });
  const startMs = performance.now();
  const weak = judge(await play({ sandbox, client }, runs, { slowRestart: SLOW_RESTART }), 'failed', LEAST_FAILED);
  const healthy = judge(await play({ sandbox, client }, runs, {}), 'passed', LEAST_PASSED);
  await client.close();
  const seconds = round((performance.now() - startMs) / 1_000);
  process.stdout.write(`${JSON.stringify({ runs, timeScale: TIME_SCALE, slowRestart: SLOW_RESTART, seconds, weak, healthy }, null, 2)}\n`);
} finally {
  await sandbox.stop();
  await rm(homeDir, { recursive: true, force: true });
}
