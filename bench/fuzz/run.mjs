import { spawnSync } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startApiProcess } from '../lib/api.mjs';
import { runToEnd, stopAll } from '../lib/children.mjs';
import { say } from '../lib/pool.mjs';
import { startStack, startWorkerProcess } from '../lib/stack.mjs';
import { usageOf } from '../lib/usage.mjs';
import { startWorld } from '../lib/world.mjs';
import { cacheFolder } from '../../dist/config.js';
import { furnish } from './world.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const out = join(root, 'artifacts/fuzz');
const schemathesis = join(process.env.FUZZ_VENV ?? join(cacheFolder(), 'schemathesis'), 'bin/st');
const CHECKS = [
  ...['not_a_server_error', 'status_code_conformance', 'content_type_conformance', 'response_headers_conformance'],
  ...['response_schema_conformance', 'negative_data_rejection', 'unsupported_method', 'missing_required_header', 'ignored_auth'],
  ...['nothing_of_the_inside', 'errors_are_problems'],
];
/** No answer may take longer: a plan has a minute, and nothing that is planned here needs it. */
const ANSWER_WITHIN_S = 30;
/** Whatever is fuzzed: the limits are not what is looked at. */
const NO_LIMITS = { BREAKWATER_API_PER_PRINCIPAL: '1000000', BREAKWATER_API_PER_ADDRESS: '1000000' };

function minutesOf(text = '10') {
  const minutes = Number(text);
  if (minutes > 0 && minutes <= 600) return minutes;
  process.stderr.write(`FUZZ_MINUTES=${text}: expected minutes, more than 0 and at most 600\n`);
  process.exit(2);
}

/** Requests as the API itself has counted them, by status. */
async function countedBy({ url, keys }) {
  const text = await (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${keys[0]}` } })).text();
  const byStatus = {};
  for (const [, status, count] of text.matchAll(/^breakwater_http_request_duration_seconds_count\{.*status="(\d+)".*\} (\d+)$/gm))
    byStatus[status] = (byStatus[status] ?? 0) + Number(count);
  return { byStatus, watchers: Number(/^breakwater_http_watchers (\d+)$/m.exec(text)?.[1]) };
}

/** Lines of the log that no request may cause. */
const unwell = (log) => log.split('\n').filter((line) => /"level":(50|60)|"statusCode":5\d\d|\\n\s+at /.test(line));

async function fuzz(api, known, minutes) {
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const knownFile = join(out, 'known.json');
  await writeFile(knownFile, JSON.stringify(known), { mode: 0o600 });
  const args = [
    ...['run', `${api.url}/v1/openapi.json`, '--url', api.url, '--header', `Authorization: Bearer ${api.keys[0]}`],
    ...['--max-time', String(Math.round(minutes * 60)), '--workers', '2', '--checks', CHECKS.join(','), '--continue-on-failure'],
    ...['--request-timeout', String(ANSWER_WITHIN_S), '--phases', 'examples,coverage,fuzzing,stateful', '--generation-database', 'none'],
    ...['--suppress-health-check', 'all', '--warnings', 'off', '--no-color', '--output-sanitize', 'true'],
    ...['--report', 'junit', '--report-junit-path', join(out, 'junit.xml')],
    ...(process.env.FUZZ_SEED ? ['--seed', process.env.FUZZ_SEED] : []),
  ];
  try {
    const env = {
      ...process.env,
      SCHEMATHESIS_HOOKS: 'schemathesis_hooks',
      PYTHONPATH: join(root, 'testbed'),
      PYTHONDONTWRITEBYTECODE: '1',
      FUZZ_KNOWN: knownFile,
    };
    await runToEnd(schemathesis, args, { withinMs: (minutes + 5) * 60_000, env, cwd: out, stdio: ['ignore', 2, 2] });
    return true;
  } catch (error) {
    say(error.message.replace(/Bearer \S+/, 'Bearer …'));
    return false;
  } finally {
    await rm(knownFile, { force: true });
  }
}

const minutes = minutesOf(process.env.FUZZ_MINUTES);
if (spawnSync(schemathesis, ['--version']).status !== 0) {
  process.stderr.write(`${schemathesis} does not run: sh testbed/install-schemathesis.sh\n`);
  process.exit(2);
}
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130)); // what was started is ended by its exit handlers
const [stack, world] = [await startStack(), await startWorld()];
try {
  await startWorkerProcess(stack, 'worker', 'breakwater');
  const api = await startApiProcess(stack, { env: { ...NO_LIMITS, BREAKWATER_LOG_LEVEL: 'info' } });
  const furniture = await furnish({ world, url: api.url, key: api.keys[0] });
  const startedMb = usageOf(api.pid).residentMb;
  const never = [...api.keys, new URL(stack.env.BREAKWATER_DATABASE_URL).password];
  say(`fuzzing for ${minutes} minutes`);
  const passed = await fuzz(api, { ...furniture, never }, minutes);
  const { byStatus, watchers } = await countedBy(api);
  const log = await readFile(api.logFile, 'utf8');
  await writeFile(join(out, 'api.log'), log);
  const bad = unwell(log);
  for (const line of bad.slice(0, 20)) say(line.slice(0, 1_000));
  const leaked = never.filter((secret) => log.includes(secret)).length;
  const requests = Object.values(byStatus).reduce((sum, count) => sum + count, 0);
  const figures = {
    minutes,
    requests,
    byStatus,
    passed,
    errorsInLog: bad.length,
    secretsInLog: leaked,
    streamsLeft: watchers,
    ended: api.hasEnded(),
  };
  process.stdout.write(
    `${JSON.stringify({ ...figures, residentMb: { before: startedMb, after: usageOf(api.pid).residentMb } }, null, 2)}\n`,
  );
  if (!passed || bad.length > 0 || leaked > 0 || watchers > 0 || api.hasEnded()) process.exitCode = 1;
} finally {
  await stopAll();
  await world.close();
  await stack.stop();
}
