import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { Bundle } from './read.ts';

/** What a thread is given. */
interface Task extends Bundle {
  library: string;
  input: unknown;
  entrypoint: string;
  maxPages: number;
}

type Message = { kind: 'loaded' } | { kind: 'done'; results: unknown } | { kind: 'failed'; why: string };

/** How long an evaluation may take: a gate waits for it. */
export const EVALUATE_WITHIN_MS = 1_000;
/** A thread has to begin, and its module to be compiled, on a machine that may be busy; with the evaluation it must fit into the 10 s that a gate has. */
const LOAD_WITHIN_MS = 4_000;
/** 64 KB each. */
const MOST_PAGES = 2_048;
const MOST_HEAP_MB = 128;

/**
 * The thread. A text, so that it runs the same from source and from a build. Nothing of the policy's own reaches our output,
 * and what it throws is not always an Error.
 */
const PROGRAM = `
const { parentPort, workerData: task } = require('node:worker_threads');
const failed = (cause) => parentPort.postMessage({ kind: 'failed', why: String(cause?.message ?? cause) });
(async () => {
  const policy = await require(task.library).loadPolicy(task.wasm, { initial: 2, maximum: task.maxPages });
  if (!Object.hasOwn(policy.entrypoints, task.entrypoint))
    throw new Error('it has no entry point ' + task.entrypoint + ', only ' + Object.keys(policy.entrypoints).join(', '));
  policy.setData(task.data);
  parentPort.postMessage({ kind: 'loaded' });
  parentPort.postMessage({ kind: 'done', results: policy.evaluate(task.input, task.entrypoint) });
})().catch(failed);
`;

const library = createRequire(import.meta.url).resolve('@open-policy-agent/opa-wasm');

/**
 * Evaluates a bundle in a thread of its own, which is ended when it takes too long: an endless policy holds nobody up.
 * @returns what the library gives: a result for each entry, none when the document is undefined
 * @throws Error with why there is no answer: damaged, a trap, a built-in function that is not there, too slow
 */
export async function evaluateInThread(
  bundle: Bundle,
  input: unknown,
  entrypoint: string,
  evaluateWithinMs = EVALUATE_WITHIN_MS,
): Promise<unknown> {
  const task: Task = { ...bundle, library, input, entrypoint, maxPages: MOST_PAGES };
  const thread = new Worker(PROGRAM, {
    eval: true,
    workerData: task,
    env: {},
    stdout: true,
    stderr: true,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP_MB },
  });
  try {
    return await new Promise<unknown>((resolve, reject) => {
      const endIn = (ms: number, what: string): NodeJS.Timeout =>
        setTimeout(() => reject(new Error(`${what} took longer than ${ms} ms`)), ms);
      let limit = endIn(LOAD_WITHIN_MS, 'loading the policy');
      const settle = (done: () => void): void => {
        clearTimeout(limit);
        done();
      };
      thread.on('message', (message: Message) => {
        if (message.kind === 'loaded') {
          clearTimeout(limit);
          limit = endIn(evaluateWithinMs, 'the evaluation');
        } else settle(() => (message.kind === 'done' ? resolve(message.results) : reject(new Error(message.why))));
      });
      thread.once('error', (error) => settle(() => reject(error)));
      thread.once('exit', () => settle(() => reject(new Error('its thread ended without an answer'))));
    });
  } finally {
    await thread.terminate();
  }
}
