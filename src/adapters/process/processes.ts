import type { ProcessCondition, ProcessPort } from '../../faults/ports.ts';
import type { FoundProcess, ProcessFinder, ProcessGlance, ProcessNeeds } from '../../targets/ports.ts';
import { isSameProcess } from '../../domain/process.ts';
import type { ProcessIdentity } from '../../domain/process.ts';
import { sourceFor } from './platform.ts';
import { ownProcesses, protection } from './protection.ts';
import { readRegistry } from './registry.ts';
import { identityObstacle, sendSignal } from './signal.ts';
import { shareScans } from './share-scans.ts';
import type { ProcessSource } from './source.ts';

const NOTHING_MORE: ProcessNeeds = { ports: [], facts: [] };
/** A shared glance outlives the order that asked for it first. */
const NEVER = new AbortController().signal;

/** The processes of this machine: finds, inspects and signals them. */
export function createProcesses(source: ProcessSource = sourceFor(process.platform)): ProcessFinder & ProcessPort {
  const glances = new Map<string, () => Promise<ProcessGlance[]>>();
  const glance = async (needs: ProcessNeeds, signal: AbortSignal): Promise<ProcessGlance[]> => {
    signal.throwIfAborted();
    const key = JSON.stringify(needs);
    const shared = glances.get(key) ?? shareScans(() => source.glance(needs, NEVER));
    glances.set(key, shared);
    const seen = await shared();
    signal.throwIfAborted();
    return seen;
  };
  const examine = async (pids: readonly number[], needs: ProcessNeeds, signal: AbortSignal): Promise<FoundProcess[]> => {
    if (pids.length === 0) return [];
    const wanted = new Set(pids);
    const family = await source.examine(source.withDescendants(pids), needs, signal);
    const own = ownProcesses(family, process.pid, source.ancestorsOf(process.pid));
    return family
      .filter(({ identity }) => wanted.has(identity.pid))
      .map((facts): FoundProcess => {
        const protectedWhy = protection(facts, own);
        return protectedWhy === undefined ? { facts } : { facts, protectedWhy };
      });
  };
  const list: ProcessFinder['list'] = async (needs, signal, isWanted = () => true) => {
    const wanted = (await glance(needs, signal)).filter(isWanted);
    return examine(
      wanted.map(({ pid }) => pid),
      needs,
      signal,
    );
  };
  const protectionOf = async (victim: ProcessIdentity, signal: AbortSignal): Promise<string | undefined> => {
    const found = (await examine([victim.pid], NOTHING_MORE, signal)).find(({ facts }) => isSameProcess(facts.identity, victim));
    return found ? found.protectedWhy : 'cannot be read: it is not among the living processes';
  };
  return {
    list,
    readRegistry,
    listeningPorts: (processes) => Promise.resolve(processes.map(({ pid }) => pid)).then((pids) => source.listeningPorts(pids)),
    protectionOf,
    inspect: (victim) => Promise.resolve(conditionOf(source, victim)),
    signal: (victim, name, notAfterMs, signal, refusal = () => Promise.resolve(undefined)) =>
      sendSignal(source, { victim, name, notAfterMs, signal, refusal, protectedWhy: () => protectionOf(victim, signal) }),
    resume: (victim) =>
      sendSignal(source, {
        victim,
        name: 'SIGCONT',
        notAfterMs: Infinity,
        signal: new AbortController().signal,
        protectedWhy: () => Promise.resolve(undefined),
        refusal: () => Promise.resolve(undefined),
      }),
  };
}

function conditionOf(source: ProcessSource, victim: ProcessIdentity): ProcessCondition {
  const now = source.vitals(victim.pid);
  const obstacle = identityObstacle(source, victim, now);
  if (obstacle?.kind === 'gone') return { kind: 'ended', evidence: obstacle.evidence };
  if (obstacle?.kind === 'replaced') return { kind: 'replaced', evidence: obstacle.evidence };
  if (obstacle?.kind === 'refused') return { kind: 'elsewhere', evidence: obstacle.why };
  const state = now?.state ?? 'X';
  return { kind: /^[Tt]/.test(state) ? 'stopped' : 'running', evidence: `pid ${victim.pid} is in state ${state}` };
}
