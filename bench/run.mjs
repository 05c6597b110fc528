import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { stopAll } from './lib/children.mjs';
import { say } from './lib/pool.mjs';
import { startStack } from './lib/stack.mjs';
import { startWorld } from './lib/world.mjs';
import { apiLoad } from './parts/api-load.mjs';
import { audit } from './parts/audit.mjs';
import { guard } from './parts/guard.mjs';
import { halt } from './parts/halt.mjs';
import { held } from './parts/held.mjs';
import { kubernetesDiscovery } from './parts/kubernetes-discovery.mjs';
import { noOp } from './parts/no-op.mjs';
import { report } from './parts/report.mjs';
import { standby } from './parts/standby.mjs';

const PARTS = {
  'no-op': noOp,
  guard,
  halt,
  held,
  standby,
  report,
  audit,
  'api-load': apiLoad,
  'kubernetes-discovery': kubernetesDiscovery,
};
const USAGE = `node bench/run.mjs [--only ${Object.keys(PARTS).join('|')}]… [--quick] [--profile FOLDER] [--runs N: how many runs are held]`;
/** No part takes longer, or it fails. */
const PART_WITHIN_MS = 20 * 60_000;

function parse() {
  try {
    const options = {
      only: { type: 'string', multiple: true },
      quick: { type: 'boolean', default: false },
      profile: { type: 'string' },
      runs: { type: 'string' },
    };
    const { values } = parseArgs({ options });
    const unknown = values.only?.find((name) => !(name in PARTS));
    if (unknown) throw new Error(`no part '${unknown}'`);
    if (values.runs !== undefined && !/^[1-9]\d{0,3}$/.test(values.runs)) throw new Error(`--runs ${values.runs}: expected 1 to 9999`);
    return { ...values, ...(values.runs !== undefined && { runs: Number(values.runs) }) };
  } catch (error) {
    process.stderr.write(`${error.message}\nusage: ${USAGE}\n`);
    process.exit(2);
  }
}

/** Runs one part on servers of its own, so that no part pays for the history of another. */
async function runPart(name, options) {
  say(`${name}: starting servers`);
  const stack = await startStack();
  const world = await startWorld();
  let timer;
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${name} took longer than ${PART_WITHIN_MS / 60_000} min`)), PART_WITHIN_MS);
  });
  try {
    return await Promise.race([PARTS[name]({ stack, world, ...options }), late]);
  } finally {
    clearTimeout(timer);
    await stopAll();
    await world.close();
    await stack.stop();
  }
}

const { only = Object.keys(PARTS), ...options } = parse();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130)); // what was started is ended by its exit handlers
const machine = { cpus: cpus().length, model: cpus()[0]?.model, memoryMb: Math.round(totalmem() / 1e6), node: process.version };
const result = { machine, quick: options.quick };
for (const name of only) {
  const startMs = performance.now();
  result[name] = await runPart(name, options);
  say(`${name}: done in ${Math.round((performance.now() - startMs) / 1_000)} s`);
}
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
