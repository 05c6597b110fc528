import type { RunEvent } from '../records/ports.ts';
import { describeData } from './describe-data.ts';
import type { RunReport } from './model.ts';
import { readResult } from './result.ts';

/** One victim, with the proof of what happened to it. */
export interface VictimRow {
  wave: string;
  iteration: number;
  name: string;
  id: string;
  /** What pinned it: pid, start time, boot id. */
  identity: string;
  outcome: string;
  evidence: string;
  undone: string;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The targets that events carry, whole or in lists: only they hold the identities. */
const targetsOf = (events: readonly RunEvent[]): Record<string, unknown>[] =>
  events.flatMap(({ data }) => [data.victims, data.targets, data.target, data.victim].flat().filter(isRecord));

function identityOf(id: string, targets: readonly Record<string, unknown>[]): string {
  const identity = targets.find((target) => target.id === id && isRecord(target.identity))?.identity;
  return isRecord(identity) ? describeData(identity) : id;
}

/** What the events tell when there is no result yet: each injection, with its effect where one was read. */
function fromEvents(events: readonly RunEvent[], targets: readonly Record<string, unknown>[]): VictimRow[] {
  return events
    .filter(({ kind }) => kind === 'injected' || kind === 'victim-skipped')
    .map(({ kind, wave = '', iteration = 0, data }) => {
      const target = [data.target, data.victim].find(isRecord) ?? {};
      const id = text(target.id) || text(data.id) || text(data.target) || text(data.victim);
      const effect = isRecord(data.effect) ? data.effect : {};
      return {
        ...{ wave, iteration, id, name: text(target.name) || text(data.name) || id, identity: identityOf(id, targets) },
        outcome: kind === 'injected' ? text(data.outcome) || 'injected' : 'skipped',
        evidence: text(effect.evidence) || text(data.evidence) || text(data.reason),
        undone: '',
      };
    });
}

/** All victims in the order in which they were chosen. */
export function victimRows({ run, events }: Pick<RunReport, 'run' | 'events'>): VictimRow[] {
  const targets = targetsOf(events);
  const { victims } = readResult(run.result);
  if (victims.length === 0) return fromEvents(events, targets);
  return victims.map(({ wave, iteration, id, name, injection, undone }) => {
    const proof = injection?.effect?.proven ? 'effect proven' : 'effect not proven';
    const evidence = [injection?.reason, injection?.effect?.evidence].filter(Boolean).join('; ');
    return {
      ...{ wave, iteration, id, name, identity: identityOf(id, targets), undone: undone ?? '' },
      outcome: !injection ? 'not touched' : injection.outcome === 'injected' ? `injected, ${proof}` : 'skipped',
      evidence,
    };
  });
}
