/* eslint-disable @typescript-eslint/require-await -- async, so that a refusal is a rejection, as it is with a database */
import { aboutRun, factOfClose, factOfEvent, factOfOpening, factOfPostMortem } from '../domain/audit/facts.ts';
import { digestOfJson } from './audit/digest.ts';
import { factsOfPruning } from './audit/pruning.ts';
import { bindingOf, MemoryAudit } from './memory-audit.ts';
import type { RecordedSample, Records, RunEvent, RunFilter, RunRecord, SampleFilter } from './ports.ts';
import { refused } from './errors.ts';
import { memoryCatalogue } from './memory-catalogue.ts';
import { bySampleTime, pruneOne, signalsOf, type Entry } from './memory-entry.ts';
import { addPruned, checkedRetention, nothingPruned } from './retention.ts';
import { headOf } from './run-head.ts';
import { storableClose, storableEvent, storableJson, storableLimit, storablePostMortem, storableSample, storableTime } from './storable.ts';
import { byEnd, isWanted, wavesOf } from './memory-waves.ts';

const byStart = (a: RunRecord, b: RunRecord): number => b.startedAtMs - a.startedAtMs || (a.workflowId < b.workflowId ? 1 : -1);

const matches = ({ fromMs = -Infinity, toMs = Infinity, probe, phase }: SampleFilter) => {
  return (sample: RecordedSample): boolean =>
    sample.atMs >= fromMs &&
    sample.atMs < toMs &&
    (probe === undefined || sample.probe === probe) &&
    (phase === undefined || sample.phase === phase);
};

const hasLeftovers = (result: RunRecord['result']): boolean =>
  result?.['leftovers'] !== undefined && JSON.stringify(result['leftovers']) !== '[]';
const tellsOfLeftover = ({ kind, data }: RunEvent): boolean =>
  kind === 'leftover' || (kind === 'janitor' && data['outcome'] === 'leftover');

/** Records that live as long as the process: for tests, and for a dry look without a database. Keeps the same contract. */
export function createMemoryRecords(): Records {
  const entries = new Map<string, Entry>();
  const entryOf = (workflowId: string): Entry => {
    const entry = entries.get(workflowId);
    if (!entry) throw refused(`no run ${workflowId} is recorded; openRun comes first`);
    return entry;
  };
  /** @returns whether it is the first */
  const keepFirst = <T>(map: Map<string, T>, key: string, value: T): boolean => !map.has(key) && map.set(key, value) === map;
  const audit = new MemoryAudit(entries);
  const claims = new Map<string, string[]>();

  const listRuns = async ({ limit, cursor, ...wanted }: RunFilter): Promise<RunRecord[]> => {
    const most = storableLimit(limit);
    const all = [...entries.values()].map(({ run }) => run).sort(byStart);
    const after = cursor === undefined ? 0 : all.indexOf(entryOf(cursor).run) + 1;
    const { sinceMs = -Infinity, untilMs = Infinity, within = [{}] } = wanted;
    const fits = (run: RunRecord): boolean =>
      (['environment', 'service', 'verdict', 'name'] as const).every(
        (field) => wanted[field] === undefined || run[field] === wanted[field],
      ) &&
      within.some(({ owner = run.owner, environment = run.environment }) => owner === run.owner && environment === run.environment) &&
      run.startedAtMs >= sinceMs &&
      run.startedAtMs < untilMs;
    return structuredClone(all.slice(after).filter(fits).slice(0, most));
  };

  return {
    ...audit.log(),
    ...memoryCatalogue((facts) => audit.chain(facts)),
    migrate: () => Promise.resolve(),
    async openRun(run) {
      const clean = storableJson({ ...run, startedAtMs: storableTime(run.startedAtMs, 'startedAtMs') }, 'run');
      const known = entries.get(run.workflowId)?.run;
      if (known && known.planDigest !== run.planDigest) throw refused(`run ${run.workflowId} is already recorded with another plan`);
      const fresh = { run: clean, events: new Map(), samples: new Map(), kept: new Map(), postMortems: new Map() };
      if (keepFirst(entries, run.workflowId, fresh)) audit.chain([factOfOpening(bindingOf(clean), aboutRun(clean))]);
    },
    async appendEvents(workflowId, events) {
      const clean = events.map(storableEvent);
      if (clean.length === 0) return;
      const { run, events: kept } = entryOf(workflowId);
      const binding = bindingOf(run);
      audit.chain(clean.filter((event) => keepFirst(kept, event.key, event)).map((event) => factOfEvent(event, binding)));
    },
    async appendSamples(workflowId, samples) {
      const clean = samples.map(storableSample);
      clean.forEach((sample) => keepFirst(entryOf(workflowId).samples, JSON.stringify([sample.probe, sample.atMs]), sample));
    },
    async closeRun(workflowId, close) {
      const entry = entryOf(workflowId);
      const clean = storableClose(close);
      if (entry.run.verdict === undefined) {
        entry.run = { ...entry.run, ...clean };
        const { verdict, reason, closedAtMs } = clean;
        audit.chain([factOfClose(bindingOf(entry.run), { verdict, reason, resultDigest: digestOfJson(clean.result), closedAtMs })]);
      }
      return { verdict: entry.run.verdict ?? clean.verdict };
    },
    findRun: async (workflowId) => structuredClone(entries.get(workflowId)?.run),
    listRuns,
    listHeads: async (filter) => (await listRuns(filter)).map(headOf),
    runsWithLeftovers: async () =>
      structuredClone(
        [...entries.values()]
          .filter(({ run, events }) => hasLeftovers(run.result) || [...events.values()].some(tellsOfLeftover))
          .map(({ run }) => run)
          .sort(byStart)
          .slice(0, 1_000),
      ),
    sites: async (sinceMs) => {
      const from = storableTime(sinceMs, 'sinceMs');
      const runs = [...entries.values()].filter(({ run }) => run.startedAtMs >= from);
      return [...new Set(runs.map(({ run }) => run.site))].sort();
    },
    waves: async (filter) => {
      if (filter.sinceMs !== undefined) storableTime(filter.sinceMs, 'sinceMs');
      const most = storableLimit(filter.limit);
      return structuredClone([...entries.values()].flatMap(wavesOf).filter(isWanted(filter)).sort(byEnd).slice(0, most));
    },
    claimStart: async ({ scope, period, runs, workflowId }) => {
      if (!Number.isInteger(runs) || runs < 1 || runs > 1_000) throw refused(`${runs} starts: expected 1 to 1000`);
      const key = JSON.stringify([scope, period]);
      const before = claims.get(key) ?? [];
      const holders = before.includes(workflowId) || before.length >= runs ? before : [...before, workflowId];
      claims.set(key, holders);
      return { isGranted: holders.includes(workflowId), holders: [...holders] };
    },
    recordPostMortem: async (given) => {
      const clean = storablePostMortem(given);
      const { run, postMortems } = entryOf(clean.workflowId);
      if (keepFirst(postMortems, clean.digest, clean)) audit.chain([factOfPostMortem(bindingOf(run), clean)]);
    },
    postMortems: async (workflowIds) =>
      structuredClone(
        [...new Set(workflowIds)].flatMap(
          (id) => [...(entries.get(id)?.postMortems.values() ?? [])].sort((a, b) => a.atMs - b.atMs).at(-1) ?? [],
        ),
      ),
    events: async (workflowId) => structuredClone([...(entries.get(workflowId)?.events.values() ?? [])].sort((a, b) => a.atMs - b.atMs)),
    samples: async (workflowId, filter = {}) =>
      structuredClone([...(entries.get(workflowId)?.samples.values() ?? [])].filter(matches(filter)).sort(bySampleTime)),
    eventsOf: async (workflowIds, kinds) => {
      if (workflowIds.length > 1_000) throw refused(`${workflowIds.length} runs at once: expected 1000 at most`);
      const found = workflowIds.map((id): [string, RunEvent[]] => {
        const own = [...(entries.get(id)?.events.values() ?? [])].filter(({ kind }) => kinds.includes(kind));
        return [id, structuredClone(own.sort((a, b) => a.atMs - b.atMs))];
      });
      return new Map(found.filter(([, events]) => events.length > 0));
    },
    async *samplePages(workflowId) {
      const { samples, kept } = entries.get(workflowId) ?? { samples: new Map<string, RecordedSample>(), kept: new Map() };
      const all = [...samples.values()].filter(({ probe }) => !kept.has(probe)).sort(bySampleTime);
      const probes = [...new Set(all.map(({ probe }) => probe))].sort();
      for (const name of probes) yield structuredClone(all.filter(({ probe }) => probe === name));
    },
    signals: async (workflowId) => {
      const { samples, kept } = entries.get(workflowId) ?? { samples: new Map<string, RecordedSample>(), kept: new Map() };
      return structuredClone(signalsOf({ samples, kept }));
    },
    prune: async (given, act) => {
      checkedRetention(given);
      const pruned = [...entries.values()].map((entry) => pruneOne(entry, given, act)).reduce(addPruned, nothingPruned);
      if (act) audit.chain(factsOfPruning(given, pruned));
      return pruned;
    },
    ping: () => Promise.resolve({ serverTimeMs: Date.now() }),
    close: () => Promise.resolve(),
  };
}
