import { parseArgs } from 'node:util';
import * as z from 'zod';

/*
 * The supervisor's command: supervisorctl --url http://127.0.0.1:9002 stop|start|status NAME, or scale N.
 * Ends with 0 when it is so, 3 when `status` finds the worker not running, 1 when it could not be done.
 */

const USAGE = 'usage: supervisorctl --url http://host:port stop|start|status NAME | scale N';
const WITHIN_MS = 15_000;
const NOT_RUNNING = 3;
const WorkerState = z.object({ name: z.string(), state: z.string(), pid: z.int().nullable() });
type WorkerState = z.infer<typeof WorkerState>;

const { url, verb, argument } = readArguments();

run().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(`supervisorctl: ${(error as Error).message}`);
    process.exitCode = 1;
  },
);

async function run(): Promise<number> {
  if (verb === 'scale') {
    const { workers } = z.object({ workers: z.int() }).parse(await ask('POST', '/scale', { workers: Number(argument) }));
    console.log(`${workers} workers`);
    return 0;
  }
  const worker = verb === 'status' ? await find(argument) : await change(argument, verb);
  console.log(`${worker.name} ${worker.state}${worker.pid === null ? '' : ` (pid ${worker.pid})`}`);
  if (verb === 'status') return worker.state === 'running' ? 0 : NOT_RUNNING;
  return worker.state === (verb === 'stop' ? 'stopped' : 'running') ? 0 : 1;
}

async function find(name: string): Promise<WorkerState> {
  const worker = z
    .array(WorkerState)
    .parse(await ask('GET', '/workers'))
    .find((each) => each.name === name);
  if (!worker) throw new Error(`there is no worker '${name}'`);
  return worker;
}

async function change(name: string, to: string): Promise<WorkerState> {
  return WorkerState.parse(await ask('POST', `/workers/${encodeURIComponent(name)}/${to}`));
}

async function ask(method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(new URL(path, url), {
    method,
    signal: AbortSignal.timeout(WITHIN_MS),
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  }).catch((error: unknown) => {
    throw new Error(`no answer from ${url}: ${(error as Error).message}`, { cause: error });
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`${url}${path} answered ${response.status}: ${answer.slice(0, 300)}`);
  return JSON.parse(answer) as unknown;
}

function readArguments(): { url: string; verb: string; argument: string } {
  try {
    const { values, positionals } = parseArgs({ options: { url: { type: 'string' } }, allowPositionals: true });
    const [verb = '', argument = '', ...rest] = positionals;
    const fits = verb === 'scale' ? /^\d{1,3}$/.test(argument) : ['stop', 'start', 'status'].includes(verb) && argument !== '';
    if (values.url === undefined || !fits || rest.length > 0) throw new Error('these are not its arguments');
    return { url: values.url, verb, argument };
  } catch (error) {
    console.error(`supervisorctl: ${(error as Error).message}\n${USAGE}`);
    process.exit(1);
  }
}
