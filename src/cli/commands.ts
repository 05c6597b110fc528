import type { Command } from 'commander';
import { abort } from './abort.ts';
import { api } from './api.ts';
import { approve } from './approve.ts';
import { audit } from './audit.ts';
import type { Cli } from './context.ts';
import { demo } from './demo.ts';
import { ci } from './ci.ts';
import { discover } from './discover.ts';
import { doctor } from './doctor.ts';
import { down } from './down.ts';
import { experiments } from './experiments.ts';
import { findings } from './findings.ts';
import { halt } from './halt.ts';
import { incident } from './incident.ts';
import { init } from './init.ts';
import { ledger } from './ledger.ts';
import { janitor } from './janitor.ts';
import { leftovers } from './leftovers.ts';
import { login } from './login.ts';
import { logout } from './logout.ts';
import { makeCurrent } from './make-current.ts';
import { pause } from './pause.ts';
import { plan } from './plan.ts';
import { explainPlan, policy } from './policy.ts';
import { postmortem } from './postmortem.ts';
import { records } from './records.ts';
import { reject } from './reject.ts';
import { report } from './report.ts';
import { resume } from './resume.ts';
import { run } from './run.ts';
import { runs } from './runs.ts';
import { schedule } from './schedule.ts';
import { schema } from './schema.ts';
import { score } from './score.ts';
import { show } from './show.ts';
import { sync } from './sync.ts';
import { up } from './up.ts';
import { validate } from './validate.ts';
import { watch } from './watch.ts';
import { whoami } from './whoami.ts';
import { worker } from './worker.ts';

/** Adds one command to the program. Heavy modules are loaded inside the action: `--help` must not wait for Temporal's SDK. */
export type RegisterCommand = (program: Command, cli: Cli) => void;

/** Commands under the headings of `--help`, in the order in which a newcomer needs them. */
export const commands: readonly (readonly [heading: string, commands: readonly RegisterCommand[]])[] = [
  ['Try it out:', [demo, up, down]],
  ['Write:', [init, validate, schema, policy, explainPlan, discover, sync]],
  ['Run:', [plan, run, watch, ci, schedule]],
  ['Steer:', [approve, reject, abort, pause, resume, halt, incident]],
  ['Look back:', [experiments, runs, show, report, leftovers, findings, postmortem, score]],
  ['Who you are to the API:', [login, whoami, logout]],
  ['Operate:', [ledger, janitor, records, audit, doctor, worker, makeCurrent, api]],
];
