import type { RunResult } from '../../src/domain/run.ts';
import { signalsFromSamples } from '../../src/records/downsample.ts';
import type { RecordedSample, RecordedSignal, RunEvent, RunRecord } from '../../src/records/ports.ts';

export const T0 = Date.parse('2026-11-23T20:10:00.000Z');
const s = (seconds: number): number => T0 + seconds * 1_000;

const target = (name: string) => ({
  kind: 'process',
  id: `process:${name}`,
  site: 'local',
  name: `${name} (pid 4711)`,
  labels: {},
  identity: { pid: 4711, startTicks: 123456, bootId: 'b-1' },
});

const result: RunResult = {
  workflowId: 'kill.payment-worker.staging.20261123-2010.k7f2',
  verdict: 'aborted',
  rule: 'stop-condition',
  reason: 'stop condition: queue-depth > 14 for 3 s; it was 31',
  leftovers: [],
  victims: [
    {
      ...{ wave: 'canary', iteration: 0, id: 'process:worker-2', name: 'worker-2 (pid 4711)', undone: 'SIGCONT sent, state S' },
      injection: { outcome: 'injected', atMs: s(20), effect: { proven: true, evidence: 'state T in /proc/4711/stat' } },
    },
  ],
  iterations: [
    { wave: 'dry', iteration: 0, dryRun: true, outcome: 'walked', recovery: { kind: 'not-needed' } },
    {
      wave: 'canary',
      iteration: 0,
      dryRun: false,
      outcome: 'stopped',
      recovery: { kind: 'recovered', inMs: 4_200, withinMs: 2_000, helpedBy: ['scale-up'] },
    },
  ],
  stopLatencyMs: 43,
  recordsIncomplete: false,
};

const canary = (key: string, atMs: number, kind: string, data: RunEvent['data']): RunEvent => ({
  key,
  atMs,
  kind,
  wave: 'canary',
  iteration: 0,
  data,
});

export const events = (): RunEvent[] => [
  { key: 'start', atMs: s(0), kind: 'run-started', data: { by: 'ada' } },
  { key: 'policy', atMs: s(0.1), kind: 'policy', data: { allowed: true, reason: 'staging is open' } },
  { key: 'dry', atMs: s(1), kind: 'judged', wave: 'dry', iteration: 0, data: { outcome: 'walked' } },
  canary('pre', s(10), 'precondition', { probe: 'budget', met: true }),
  canary('chosen', s(18), 'victims-chosen', { victims: [target('worker-2')], wanted: 1, reason: 'seed 7' }),
  canary('armed', s(19), 'guard-armed', {}),
  canary('injected', s(20), 'injected', { target: target('worker-2'), outcome: 'injected' }),
  canary('breach', s(30), 'breach', { rule: 'queue-depth > 14 for 3 s', value: 31, limit: 14 }),
  canary('undo', s(30.043), 'undo', { target: 'process:worker-2', undone: true, evidence: 'state S' }),
  canary('recovery', s(34), 'recovery', { kind: 'recovered', inMs: 4_200 }),
  canary('novel', s(35), 'sun-spot', { nested: { deep: [1, { x: true }] }, nothing: null }),
  { key: 'end', atMs: s(40), kind: 'closed', data: { verdict: 'aborted' } },
];

export const samples = (): RecordedSample[] =>
  Array.from({ length: 30 }, (_, i): RecordedSample => {
    const phase = i < 10 ? 'baseline' : i < 20 ? 'fault' : 'recovery';
    const measurement =
      i === 15 ? { kind: 'no-data' as const, reason: 'empty result' } : { kind: 'value' as const, value: phase === 'fault' ? i + 12 : 10 };
    return { probe: 'queue-depth', atMs: s(10 + i), wave: 'canary', iteration: 0, phase, measurement };
  });

export const signals = (): RecordedSignal[] => signalsFromSamples(samples());

/** What the records hand over. */
export async function* pages(...all: RecordedSample[][]): AsyncGenerator<RecordedSample[]> {
  for (const page of all) yield await Promise.resolve(page);
}

export async function textOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
}

export const run = (changes: Partial<RunRecord> = {}): RunRecord => ({
  ...{
    workflowId: result.workflowId,
    runId: 'r-1',
    name: 'payment-worker-kill',
    service: 'payments',
    environment: 'staging',
    owner: 'team-payments',
  },
  ...{ planDigest: 'sha256:aaaa', seed: 7, timeScale: 0.05, requestedBy: 'ada', site: 'local', startedAtMs: s(0), closedAtMs: s(40) },
  experiment: {
    hypothesis: 'Killing one worker keeps the queue short',
    probes: { 'queue-depth': { unit: 'jobs', every: 1_000 } },
    steadyState: [{ probe: 'queue-depth', tolerance: { atMost: 12 }, throughout: false }],
    stopConditions: [
      { probe: 'queue-depth', aboveBaseline: 0.4, for: 3_000 },
      { probe: 'queue-depth', above: 100, for: 0 },
      { probe: 'queue-depth', consecutiveErrors: 3, for: 0 },
    ],
  },
  verdict: 'aborted',
  reason: result.reason,
  result: result as unknown as Record<string, unknown>,
  ...changes,
});

/** Every text that a person or a system under attack could have put in is replaced. */
export const poison = <T>(value: T, text: string): T => {
  const keep = /^(value|no-data|error|baseline|fault|recovery|injected|aborted|undo|breach|queue-depth)$/;
  const walk = (item: unknown): unknown => {
    if (typeof item === 'string') return keep.test(item) ? item : `${text}${item}${text}`;
    if (Array.isArray(item)) return item.map(walk);
    if (typeof item === 'object' && item !== null)
      return Object.fromEntries(Object.entries(item).map(([key, field]) => [key, walk(field)]));
    return item;
  };
  return walk(value) as T;
};
