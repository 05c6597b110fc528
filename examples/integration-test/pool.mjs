// A queue with workers in processes of their own, and a supervisor that restarts them and gives an interrupted job to the next.
// Run by the test; with WEAK=1 nobody restarts a worker.
import { fork } from 'node:child_process';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

const PORT = 18300;
const WORKERS = 3;
const JOB_MS = 20;
const JOBS_PER_SECOND = 40;

/** A worker: does one job at a time, and says so. */
async function work() {
  process.on('disconnect', () => process.exit());
  process.on('message', async (job) => {
    await sleep(JOB_MS);
    process.send(job, () => undefined); // a supervisor that is gone wants no answer
  });
  process.send('ready');
}

/** The supervisor: hands out jobs, restarts whoever ends, and tells how it goes. */
function supervise() {
  const waiting = [];
  const done = new Map();
  const idle = [];
  const workers = new Set();
  let made = 0;
  let restarts = 0;
  let isOver = false;

  const handOut = () => {
    while (idle.length > 0 && waiting.length > 0) {
      const worker = idle.shift();
      worker.job = waiting.shift();
      worker.process.send(worker.job.id);
    }
  };
  const hire = () => {
    const env = { ...process.env, BREAKWATER_LABELS: 'app=pool-worker', POOL_ROLE: 'worker' };
    const worker = { process: fork(fileURLToPath(import.meta.url), { env }) };
    workers.add(worker);
    worker.process.on('message', (message) => {
      if (message !== 'ready') done.set(message, (done.get(message) ?? 0) + 1);
      worker.job = undefined;
      idle.push(worker);
      handOut();
    });
    // Whoever is killed while a job is on its way to it cannot take it: its exit gives the job to the next.
    worker.process.on('error', () => undefined);
    worker.process.on('exit', () => {
      workers.delete(worker);
      if (idle.includes(worker)) idle.splice(idle.indexOf(worker), 1);
      if (worker.job) waiting.unshift(worker.job);
      if (isOver || process.env.WEAK) return;
      restarts += 1;
      hire();
    });
  };
  for (let i = 0; i < WORKERS; i += 1) hire();
  const making = setInterval(() => {
    waiting.push({ id: (made += 1), sinceMs: Date.now() });
    handOut();
  }, 1_000 / JOBS_PER_SECOND);

  const server = createServer((request, response) => {
    if (request.url === '/stop') clearInterval(making);
    const oldestMs = waiting[0] ? Date.now() - waiting[0].sinceMs : 0;
    const twice = [...done.values()].filter((times) => times > 1).length;
    const facts = { made, done: done.size, twice, waiting: waiting.length, oldestMs, workers: workers.size, restarts };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(facts));
  }).listen(PORT, '127.0.0.1', () => console.log('ready'));
  process.on('SIGTERM', () => {
    isOver = true;
    clearInterval(making);
    server.close();
    server.closeAllConnections();
    for (const worker of workers) worker.process.disconnect();
  });
}

if (process.env.POOL_ROLE === 'worker') work();
else supervise();
