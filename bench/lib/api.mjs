import { createHash, randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { start, stop } from './children.mjs';
import { until } from './pool.mjs';

const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** A port of loopback that nobody listens on now. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Keys of administrators, and an access file that knows them by their hashes. */
async function grantKeys(file, count) {
  const keys = Array.from({ length: count }, (_, i) => `bw_bench-${i}_${randomBytes(32).toString('hex')}`);
  const grants = [{ role: 'admin', team: '*', environment: '*' }];
  const known = keys.map((key, i) => ({
    id: `bench-${i}`,
    sha256: createHash('sha256').update(key).digest('hex'),
    expires: '2099-01-01T00:00:00Z',
    grants,
  }));
  await writeFile(file, JSON.stringify({ keys: known })); // JSON is YAML
  return keys;
}

/**
 * Starts `breakwater api` in a process of its own and waits until it is well.
 * @param args go to Node
 * @returns where it listens, keys of as many administrators as were wanted, and its log
 */
export async function startApiProcess(stack, { taskQueue = 'breakwater', principals = 1, env = {}, args = [] } = {}) {
  const dir = dirname(stack.env.BREAKWATER_HOME);
  const [port, logFile, access] = [await freePort(), join(dir, 'api.log'), join(dir, 'access.yaml')];
  const keys = await grantKeys(access, principals);
  const log = openSync(logFile, 'a');
  const child = await start(process.execPath, [...args, cli, 'api'], {
    env: { ...stack.env, BREAKWATER_API_PORT: String(port), BREAKWATER_ACCESS: access, BREAKWATER_TASK_QUEUE: taskQueue, ...env },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const url = `http://127.0.0.1:${port}`;
  await until('the API is well', 30_000, 100, async () => {
    if (child.exitCode !== null) throw new Error(`the API ended with ${child.exitCode}; see ${logFile}`);
    return fetch(`${url}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    );
  });
  return {
    pid: child.pid,
    url,
    keys,
    logFile,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    stop: () => stop(child),
  };
}
