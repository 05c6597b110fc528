import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { entryText } from '../../dist/domain/audit/entry.js';
import { createRecords } from '../../dist/records/postgres.js';
import { runToEnd } from '../lib/children.mjs';
import { runPool, say } from '../lib/pool.mjs';
import { aim, round } from '../lib/statistics.mjs';

const BATCH = 50;
/** Batches of one run, as its flushes come. */
const FLUSHES = 20;
const AT_ONCE = 20;
/** "In seconds". */
const VERIFIED_WITHIN_S = 10;
const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const peak = new URL('../processes/peak.mjs', import.meta.url).href;

const event = (n) => ({
  key: `${String(n).padStart(5, '0')}-injected`,
  atMs: Date.now(),
  kind: 'injected',
  wave: 'canary',
  iteration: n % 5,
  data: {
    target: {
      id: `process:${n}`,
      name: `payment-worker-${n}`,
      pid: 1_000 + n,
      bootId: '0b9c2d7e-0000-4000-8000-5f3f0c9a1b2c',
      labels: { app: 'worker' },
    },
    fault: 'process-kill',
    outcome: 'injected',
    evidence: 'SIGKILL was delivered through a pidfd, and the process is gone',
  },
});

const runOf = (i) => ({
  ...{ workflowId: `bench.audit.${i}`, runId: `r-${i}`, name: 'bench-audit', service: 'bench', environment: 'development', owner: 'bench' },
  ...{ planDigest: createHash('sha256').update(String(i)).digest('hex'), seed: 7, timeScale: 1, requestedBy: 'bench', site: 'local' },
  ...{ startedAtMs: Date.now(), ticket: `CHG-${i}`, experiment: { hypothesis: 'an audit log costs little' } },
});

/** Runs the command line as a person does. @returns seconds from its start to its end, and its greatest resident set, MB (10^6) */
async function timed(stack, dir, args) {
  const file = join(dir, 'peak.json');
  const startMs = performance.now();
  await runToEnd(process.execPath, ['--import', peak, cli, ...args], { withinMs: 300_000, env: { ...stack.env, BENCH_PEAK_FILE: file } });
  const seconds = round((performance.now() - startMs) / 1_000);
  return { seconds, peakMb: round(JSON.parse(await readFile(file, 'utf8')).peakMb) };
}

/** Appends through the records, many runs at once. @returns how long a flush took, milliseconds each */
async function append(records, entries) {
  const runs = Math.ceil(entries / (BATCH * FLUSHES));
  const tookMs = [];
  await runPool(runs, AT_ONCE, async (i) => {
    const run = runOf(i);
    await records.openRun(run);
    for (let flush = 0; flush < FLUSHES; flush++) {
      const events = Array.from({ length: BATCH }, (_, n) => event(flush * BATCH + n));
      const startMs = performance.now();
      await records.appendEvents(run.workflowId, events);
      tookMs.push(performance.now() - startMs);
    }
  });
  return tookMs;
}

/** What hashing the same texts costs, and nothing else. */
async function plainHash(records) {
  const texts = [];
  for await (const page of records.auditPages()) texts.push(...page.map(entryText));
  const startMs = performance.now();
  for (const text of texts) createHash('sha256').update(text).digest('hex');
  return {
    seconds: round((performance.now() - startMs) / 1_000),
    mb: round(texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / 1e6),
  };
}

/** What the audit log costs: appending through the records, verifying and exporting all of it from the command line. */
export async function audit({ stack, quick }) {
  const dir = await mkdtemp(join(tmpdir(), 'breakwater-bench-audit-'));
  const records = createRecords({ url: stack.env.BREAKWATER_DATABASE_URL, maxConnections: 10 });
  try {
    await records.migrate();
    const startMs = performance.now();
    const flushesMs = (await append(records, quick ? 10_000 : 100_000)).sort((a, b) => a - b);
    const appendedInSeconds = round((performance.now() - startMs) / 1_000);
    const { sequence: entries } = await records.auditHead();
    say(`audit: ${entries} entries appended in ${appendedInSeconds} s`);
    const runs = [];
    for (let i = 0; i < (quick ? 1 : 3); i++) runs.push(await timed(stack, dir, ['audit', 'verify', '--json']));
    const verify = { seconds: Math.max(...runs.map(({ seconds }) => seconds)), peakMb: Math.max(...runs.map(({ peakMb }) => peakMb)) };
    say(`audit: verified ${JSON.stringify(verify)}`);
    const out = join(dir, 'audit.jsonl');
    const exported = { ...(await timed(stack, dir, ['audit', 'export', '--out', out])), fileMb: round((await stat(out)).size / 1e6) };
    const offline = await timed(stack, dir, ['audit', 'verify', '--file', out]);
    const plainSha256 = await plainHash(records);
    return {
      ...{ entries, appendedInSeconds, appendedPerSecond: Math.round(entries / appendedInSeconds) },
      flushMs: {
        p50: round(flushesMs[Math.floor(flushesMs.length / 2)]),
        p99: round(flushesMs[Math.floor(flushesMs.length * 0.99)]),
        of: BATCH,
        atOnce: AT_ONCE,
      },
      ...{ verify, exported, offline, plainSha256, ratioToPlainSha256: round(verify.seconds / plainSha256.seconds) },
      aims: { seconds: aim(verify.seconds, VERIFIED_WITHIN_S) },
    };
  } finally {
    await records.close();
    await rm(dir, { recursive: true, force: true });
  }
}
