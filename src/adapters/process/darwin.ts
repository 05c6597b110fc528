import { execFileSync } from 'node:child_process';
import type { ProcessFacts, ProcessNeeds } from '../../targets/ports.ts';
import { descend } from './descend.ts';
import type { ProcessSource } from './source.ts';
import { readUserNames } from './user-names.ts';

/** What macOS does not show of another process without private calls. `labels` of the environment are missing too; a registry gives them. */
const MISSING: readonly (keyof ProcessFacts)[] = ['argv', 'cgroups', 'listeningPorts'];
const COLUMNS = 'pid=,ppid=,uid=,state=,lstart=,comm=';
const TIMEOUT_MS = 5_000;

/** Processes as `ps` and `sysctl` show them. The start time has a resolution of one second, so identity is weaker than on Linux. */
export const darwinSource: ProcessSource = {
  bootId: () => run('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid']).trim(),
  pidNamespace: () => '',
  vitals(pid) {
    const row = ps(['-p', String(pid)])[0];
    return row && { identity: row.identity, state: row.state };
  },
  listeningPorts() {
    throw new Error(
      'macOS does not show the ports that other processes listen on: judge readiness by uptime, or by an address with a label',
    );
  },
  glance: async (needs, signal) => (await list(needs, signal)).map((facts) => ({ ...facts, pid: facts.identity.pid })),
  examine: async (pids, needs, signal) => (await list(needs, signal)).filter(({ identity }) => pids.includes(identity.pid)),
  withDescendants(pids) {
    const all = ps(['-ax']);
    return descend(pids, { get: (pid) => all.filter(({ ppid }) => ppid === pid).map(({ identity }) => identity.pid) });
  },
  ancestorsOf(pid) {
    const parents = new Map(ps(['-ax']).map(({ identity, ppid }) => [identity.pid, ppid]));
    const found: number[] = [];
    for (let parent = parents.get(pid); parent !== undefined && parent > 0; parent = parents.get(parent)) found.push(parent);
    return found;
  },
};

function list(needs: ProcessNeeds, signal: AbortSignal): Promise<ProcessFacts[]> {
  const missing = needs.facts.filter((fact) => MISSING.includes(fact));
  if (missing.length > 0) {
    return Promise.reject(
      new Error(`macOS does not show ${missing.join(', ')} of other processes: select by executable, user, or a supervisor's registry`),
    );
  }
  signal.throwIfAborted();
  const ours = breakwaterPids(run('/bin/ps', ['-ax', '-o', 'pid=,args=']));
  const living = ps(['-ax']).filter(({ state }) => state !== 'Z');
  return Promise.resolve(living.map((facts) => ({ ...facts, isMarkedAsBreakwater: ours.has(facts.identity.pid) })));
}

function ps(which: string[]): ProcessFacts[] {
  const [bootId, users] = [darwinSource.bootId(), readUserNames()];
  return parsePs(run('/bin/ps', [...which, '-o', COLUMNS], true), bootId, users);
}

/** Rows of `ps -o pid=,ppid=,uid=,state=,lstart=,comm=` with LC_ALL=C; `comm` is the executable's path and comes last. */
export function parsePs(text: string, bootId: string, users: Map<number, string>): ProcessFacts[] {
  const row = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S)\S*\s+\S+\s+(\S+\s+\d+\s+[\d:]+\s+\d{4})\s+(.+)$/;
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [, pid, ppid, uid, state, started, path] = row.exec(line) ?? [];
      const startedAtMs = Date.parse(`${started} UTC`);
      if (!pid || !state || !path || Number.isNaN(startedAtMs)) throw new Error(`not a row of ps: ${JSON.stringify(line.slice(0, 120))}`);
      return {
        identity: { bootId, pid: Number(pid), startTicks: startedAtMs / 1_000 },
        startedAtMs,
        ppid: Number(ppid),
        comm: path.split('/').at(-1) ?? path,
        state,
        isKernelThread: Number(pid) === 0,
        uid: Number(uid),
        user: users.get(Number(uid)),
        executable: path,
        argv: undefined,
        workingDirectory: undefined,
        labels: undefined,
        isMarkedAsBreakwater: false,
        cgroups: undefined,
        listeningPorts: undefined,
        unreadable: [],
      };
    });
}

/** Arguments come joined here, so whatever mentions Breakwater's programs counts as Breakwater: too much is protected, never too little. */
export const breakwaterPids = (text: string) =>
  new Set(
    text
      .split('\n')
      .filter((line) => /(^|[\s/])breakwater(\s|$)|(src|dist)\/(worker|cli\/|http\/|reaper\/)/.test(line))
      .map((line) => parseInt(line, 10)),
  );

/** `ps` exits with 1 when no process has the pid. */
function run(program: string, argv: string[], mayBeEmpty = false): string {
  try {
    return execFileSync(program, argv, {
      encoding: 'utf8',
      timeout: TIMEOUT_MS,
      env: { LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch (error) {
    if (mayBeEmpty && (error as { status?: unknown }).status === 1) return '';
    throw new Error(`${program} failed`, { cause: error });
  }
}
