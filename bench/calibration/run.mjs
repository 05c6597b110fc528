import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { falseAlarms } from './false-alarms.mjs';
import { peeking } from './peeking.mjs';
import { power } from './power.mjs';

const PARTS = { 'false-alarms': falseAlarms, peeking, power };
const USAGE = `node bench/calibration/run.mjs [--only ${Object.keys(PARTS).join('|')}]… [--runs N: simulated runs per cell, 10000 unless told] [--seed N]`;

function parse() {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string', multiple: true, default: Object.keys(PARTS) },
        runs: { type: 'string', default: '10000' },
        seed: { type: 'string', default: '20261124' },
      },
    });
    const unknown = values.only.find((name) => !(name in PARTS));
    if (unknown) throw new Error(`no part '${unknown}'`);
    for (const name of ['runs', 'seed'])
      if (!/^[1-9]\d{0,8}$/.test(values[name])) throw new Error(`--${name} ${values[name]}: expected a whole number`);
    return { only: values.only, runs: Number(values.runs), seed: Number(values.seed) };
  } catch (error) {
    process.stderr.write(`${error.message}\nusage: ${USAGE}\n`);
    process.exit(2);
  }
}

const { only, runs, seed } = parse();
const result = { runs, seed, node: process.version, model: cpus()[0]?.model };
for (const name of only) {
  const startMs = performance.now();
  result[name] = PARTS[name]({ runs, seed, say: (text) => process.stderr.write(`${name}: ${text}\n`) });
  process.stderr.write(`${name}: done in ${Math.round((performance.now() - startMs) / 1_000)} s\n`);
}
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
