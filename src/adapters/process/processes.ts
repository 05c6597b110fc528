import type { ProcessCondition, ProcessPort } from '../../faults/ports.ts';
import type { FoundProcess, ProcessFacts, ProcessFinder, ProcessNeeds } from '../../targets/ports.ts';
import { isSameProcess } from '../../domain/process.ts';
import type { ProcessIdentity } from '../../domain/process.ts';
import { sourceFor } from './platform.ts';
import { ownProcesses, protection, withDescendants } from './protection.ts';
import { readRegistry } from './registry.ts';
import { identityObstacle, sendSignal } from './signal.ts';
import { shareScans } from './share-scans.ts';
import type { ProcessSource } from './source.ts';

const NOTHING_MORE: ProcessNeeds = { ports: [], facts: [] };
/** A shared glance outlives the order that asked for it first. */
const NEVER = new AbortController().signal;

/** The processes of this machine: finds, inspects and signals them. */
export function createProcesses(source: ProcessSource = sourceFor(process.platform)): ProcessFinder & ProcessPort {
  const glances = new Map<string, () => Promise<ProcessFacts[]>>();
  const glance = async (needs: ProcessNeeds, signal: AbortSignal): Promise<ProcessFacts[]> => {
    signal.throwIfAborted();
    const key = JSON.stringify(needs);
    const shared = glances.get(key) ?? shareScans(() => source.glance(needs, NEVER));
    glances.set(key, shared);
    const seen = await shared();
    signal.throwIfAborted();
    return seen;
  };
  const list = async (needs: ProcessNeeds, signal: AbortSignal, isWanted: (glance: ProcessFacts) => boolean = () => true) => {
    const seen = await glance(needs, signal);
    const wanted = new Set(seen.filter(isWanted).map(({ identity }) => identity.pid));
    const examined = await source.examine(withDescendants(wanted, seen), needs, signal);
    const own = ownProcesses([...seen, ...examined], process.pid); // of two that tell of one pid the last counts, the one with all facts
    return examined
      .filter(({ identity }) => wanted.has(identity.pid))
      .map((facts): FoundProcess => {
        const protectedWhy = protection(facts, own);
        return protectedWhy === undefined ? { facts } : { facts, protectedWhy };
      });
  };
  const protectionOf = async (victim: ProcessIdentity, signal: AbortSignal): Promise<string | undefined> => {
    const isVictim = ({ identity }: ProcessFacts): boolean => isSameProcess(identity, victim);
    const found = (await list(NOTHING_MORE, signal, isVictim)).find(({ facts }) => isVictim(facts));
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
