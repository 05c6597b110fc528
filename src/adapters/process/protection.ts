import { basename } from 'node:path';
import type { ProcessFacts } from '../../targets/ports.ts';
import { isBreakwaterEntry } from './own-processes.ts';

/** What is never hit, by the name of the executable, of the process or of its first argument. Not configurable on purpose. */
const PROTECTED_NAMES: readonly [pattern: RegExp, why: string][] = [
  [/^(init|systemd.*|launchd|dbus.*|sshd.*)$/, 'keeps the machine running or reachable'],
  [/^(dockerd|docker-init|docker-proxy|containerd.*|runc|crun|crio.*|podman.*|conmon.*)$/, 'is part of the container runtime'],
  [/^(kubelet|kube-.*|k3s.*|k0s.*|rke2.*)$/, 'is part of Kubernetes'],
  [/^etcd$/, 'holds the state of the cluster'],
  [/^temporal.*$/, 'is Temporal, which carries the run and its undo'],
  [/^(postgres|postmaster)$/, "is PostgreSQL, which may hold Temporal's state or Breakwater's records"],
];

/** Pids that are Breakwater's or an ancestor of one of those, with the reason. */
export type OwnProcesses = ReadonlyMap<number, string>;

/**
 * Those of Breakwater's own processes (`selfPid`, other workers, the API, the command line) that are among `all`, and their ancestors among
 * them: whoever is asked about must be there with all its descendants.
 * @param selfAncestors the pids above `selfPid`, which need not be among `all`
 */
export function ownProcesses(all: readonly ProcessFacts[], selfPid: number, selfAncestors: readonly number[] = []): OwnProcesses {
  const byPid = new Map(all.map((facts) => [facts.identity.pid, facts]));
  const ours = all.filter((facts) => facts.identity.pid === selfPid || isBreakwater(facts)).map((facts) => facts.identity.pid);
  const why = new Map(selfAncestors.map((pid) => [pid, `is an ancestor of Breakwater's process ${selfPid}`]));
  for (const pid of ours) {
    for (let parent = byPid.get(pid)?.ppid; parent !== undefined && parent > 0 && !why.has(parent); parent = byPid.get(parent)?.ppid) {
      why.set(parent, `is an ancestor of Breakwater's process ${pid}`);
    }
  }
  for (const pid of ours) why.set(pid, pid === selfPid ? 'is this Breakwater process' : 'is another Breakwater process');
  return why;
}

/**
 * Why a process must not be hit; undefined when it may. Nothing overrides this.
 * What cannot be read is protected, because nobody can say what it is.
 */
export function protection(facts: ProcessFacts, own: OwnProcesses): string | undefined {
  const { pid } = facts.identity;
  if (pid === 1) return 'is the first process (pid 1): the machine or its container ends with it';
  if (facts.isKernelThread || pid === 2 || facts.ppid === 2) return 'is a kernel thread';
  const mine = own.get(pid);
  if (mine !== undefined) return mine;
  const named = namesOf(facts).map((name) => [name, PROTECTED_NAMES.find(([pattern]) => pattern.test(name))?.[1]] as const);
  const hit = named.find(([, why]) => why !== undefined);
  if (hit) return `'${hit[0]}' ${hit[1]}`;
  if (facts.unreadable.length > 0) return `cannot be read: ${facts.unreadable.join(', ')}`;
  if (!facts.executable) return 'cannot be read: it shows no executable';
  return undefined;
}

const isBreakwater = (facts: ProcessFacts) =>
  facts.isMarkedAsBreakwater || isBreakwaterEntry(facts.argv ?? [], facts.workingDirectory ?? '/');

/** `postgres: checkpointer`, `-sshd` and `sshd: root [priv]` are named by their first word. */
function namesOf({ comm, executable, argv }: ProcessFacts): string[] {
  const title = argv?.[0]?.split(/[\s:]/)[0]?.replace(/^-/, '');
  return [comm.split(/[\s:]/)[0] ?? '', basename(executable ?? ''), basename(title ?? '')].filter((name) => name !== '');
}
