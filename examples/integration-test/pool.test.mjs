import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
/** BREAKWATER names another command line than the installed one, as JSON: ["node", "/path/to/main.js"]. */
const [command, ...first] = JSON.parse(process.env.BREAKWATER ?? '["npx", "breakwater"]');
const ask = async (path) => (await fetch(`http://127.0.0.1:18300${path}`)).json();
let pool;

before(async () => {
  pool = spawn(process.execPath, [here('pool.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(pool.stdout, 'data');
});
after(async () => {
  pool.kill('SIGTERM');
  await once(pool, 'exit');
});

test('killing a worker loses no job and does none twice', async () => {
  const job = spawn(command, [...first, 'ci', here('experiment.yaml')], { stdio: 'inherit' });
  const [code] = await once(job, 'exit');
  assert.equal(code, 0, 'the experiment did not pass: see artifacts/breakwater/summary.md');
  let facts = await ask('/stop');
  for (let looks = 0; facts.done < facts.made && looks < 50; looks += 1) {
    await sleep(100);
    facts = await ask('/');
  }
  assert.deepEqual({ done: facts.done, twice: facts.twice, restarts: facts.restarts }, { done: facts.made, twice: 0, restarts: 2 });
});
