import type { ProcessCondition, ProcessPort } from '../../faults/ports.ts';
import type { FoundProcess, ProcessFinder, ProcessNeeds } from '../../targets/ports.ts';
import { isSameProcess } from '../../domain/process.ts';
import type { ProcessIdentity } from '../../domain/process.ts';
import { sourceFor } from './platform.ts';
import { ownProcesses, protection } from './protection.ts';
import { readRegistry } from './registry.ts';
import { identityObstacle, sendSignal } from './signal.ts';
import { shareScans } from './share-scans.ts';
import type { ProcessSource } from './source.ts';

const NOTHING_MORE: ProcessNeeds = { ports: [], facts: [] };
/** A shared scan outlives the order that asked for it first. */
const NEVER = new AbortController().signal;

/** The processes of this machine: finds, inspects and signals them. */
export function createProcesses(source: ProcessSource = sourceFor(process.platform)): ProcessFinder & ProcessPort {
  const scan = async (needs: ProcessNeeds): Promise<FoundProcess[]> => {
    const all = await source.list(needs, NEVER);
    const own = ownProcesses(all, process.pid);
    return all.map((facts) => {
      const protectedWhy = protection(facts, own);
      return protectedWhy === undefined ? { facts } : { facts, protectedWhy };
    });
  };
  const scans = new Map<string, () => Promise<FoundProcess[]>>();
  const list = async (needs: ProcessNeeds, signal: AbortSignal): Promise<FoundProcess[]> => {
    signal.throwIfAborted();
    const key = JSON.stringify(needs);
    const shared = scans.get(key) ?? shareScans(() => scan(needs));
    scans.set(key, shared);
    const found = await shared();
    signal.throwIfAborted();
    return found;
  };
  const protectionOf = async (victim: ProcessIdentity, signal: AbortSignal): Promise<string | undefined> => {
    const found = (await list(NOTHING_MORE, signal)).find(({ facts }) => isSameProcess(facts.identity, victim));
    return found ? found.protectedWhy : 'cannot be read: it is not among the living processes';
  };
  return {
    list,
    readRegistry,
    listeningPorts: (processes) => Promise.resolve(processes.map(({ pid }) => pid)).then((pids) => source.listeningPorts(pids)),
    protectionOf,
    inspect: (victim) => Promise.resolve(conditionOf(source, victim)),
    signal: (victim, name, notAfterMs, signal) =>
      sendSignal(source, { victim, name, notAfterMs, signal, protectedWhy: () => protectionOf(victim, signal) }),
    resume: (victim) =>
      sendSignal(source, {
        victim,
        name: 'SIGCONT',
        notAfterMs: Infinity,
        signal: new AbortController().signal,
        protectedWhy: () => Promise.resolve(undefined),
      }),
  };
}

function conditionOf(source: ProcessSource, victim: ProcessIdentity): ProcessCondition {
  const obstacle = identityObstacle(source, victim);
  if (obstacle?.kind === 'gone') return { kind: 'ended', evidence: obstacle.evidence };
  if (obstacle?.kind === 'replaced') return { kind: 'replaced', evidence: obstacle.evidence };
  if (obstacle?.kind === 'refused') return { kind: 'elsewhere', evidence: obstacle.why };
  const state = source.vitals(victim.pid)?.state ?? 'X';
  return { kind: /^[Tt]/.test(state) ? 'stopped' : 'running', evidence: `pid ${victim.pid} is in state ${state}` };
}
