import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRecords } from '../../dist/records/postgres.js';
import { runToEnd } from '../lib/children.mjs';
import { recordLongRun } from '../lib/long-record.mjs';
import { say } from '../lib/pool.mjs';
import { aim, round } from '../lib/statistics.mjs';

const { Client } = createRequire(import.meta.url)('pg');

const FORMATS = ['html', 'markdown', 'json', 'junit', 'csv'];
const [SECONDS, PEAK_MB] = [5, 400];
const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const peak = new URL('../processes/peak.mjs', import.meta.url).href;

/** Runs the command line as a person does, in a process of its own. @returns seconds from its start to its end, and its greatest resident set, MB (10^6) */
async function timed(stack, dir, args) {
  const file = join(dir, 'peak.json');
  const startMs = performance.now();
  await runToEnd(process.execPath, ['--import', peak, cli, ...args], { withinMs: 300_000, env: { ...stack.env, BENCH_PEAK_FILE: file } });
  const seconds = round((performance.now() - startMs) / 1_000);
  const { peakMb } = JSON.parse(await readFile(file, 'utf8'));
  return { seconds, peakMb: round(peakMb) };
}

async function reports(stack, dir, workflowId, formats, trials) {
  const measured = {};
  for (const format of formats) {
    const out = join(dir, `report.${format}`);
    const runs = [];
    for (let i = 0; i < trials; i++) runs.push(await timed(stack, dir, ['report', workflowId, '--format', format, '--out', out]));
    const worst = (field) => Math.max(...runs.map((run) => run[field]));
    measured[format] = { seconds: worst('seconds'), peakMb: worst('peakMb'), fileMb: round((await stat(out)).size / 1e6) };
    say(`report: ${format} ${JSON.stringify(measured[format])}`);
  }
  return measured;
}

/** What the tables of samples take with their indexes, MB (10^6), after their room was given back. */
async function storedMb(stack) {
  const client = new Client({ connectionString: stack.env.BREAKWATER_DATABASE_URL });
  await client.connect();
  try {
    const tables = ['samples', 'sample_buckets', 'sample_numbers'].map((table) => `breakwater.${table}`);
    for (const table of tables) await client.query(`VACUUM (FULL, ANALYZE) ${table}`);
    const { rows } = await client.query(
      'SELECT sum(pg_total_relation_size(name::regclass))::float8 AS bytes FROM unnest($1::text[]) AS name',
      [tables],
    );
    return round(rows[0].bytes / 1e6);
  } finally {
    await client.end();
  }
}

/** How long the report of a long run takes and how much memory, as long as its samples are kept and after they were replaced by buckets. */
export async function report({ stack, quick }) {
  const dir = await mkdtemp(join(tmpdir(), 'breakwater-bench-report-'));
  const records = createRecords({ url: stack.env.BREAKWATER_DATABASE_URL, maxConnections: 4 });
  try {
    await records.migrate();
    const startMs = performance.now();
    const { workflowId, samples } = await recordLongRun(records, quick ? { signals: 5, seconds: 3_600 } : { signals: 50, seconds: 21_600 });
    const recordedInSeconds = round((performance.now() - startMs) / 1_000);
    say(`report: ${samples} samples recorded in ${recordedInSeconds} s`);
    const fullMb = await storedMb(stack);
    const full = await reports(stack, dir, workflowId, FORMATS, quick ? 1 : 3);
    const pruneMs = performance.now();
    const pruned = await records.prune({ samplesSinceMs: Date.now() + 1_000, bucketsSinceMs: 0 }, true);
    const prune = {
      ...pruned,
      seconds: round((performance.now() - pruneMs) / 1_000),
      storedMbBefore: fullMb,
      storedMbAfter: await storedMb(stack),
    };
    const thinned = await reports(stack, dir, workflowId, ['html', 'markdown', 'csv'], 1);
    return {
      ...{ samples, recordedInSeconds, full, prune, thinned },
      aims: { seconds: aim(full.html.seconds, SECONDS), peakMb: aim(full.html.peakMb, PEAK_MB) },
    };
  } finally {
    await records.close();
    await rm(dir, { recursive: true, force: true });
  }
}
