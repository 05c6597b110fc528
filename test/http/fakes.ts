import { createHash } from 'node:crypto';
import { pino } from 'pino';
import { idOfKey, type RunState, type ScheduleView } from '../../src/client.ts';
import type { Door } from '../../src/http/door.ts';
import { AccessFile } from '../../src/http/identity/access-file.ts';
import { createApi, type ApiOptions } from '../../src/http/server.ts';
import { createMemoryRecords } from '../../src/records/memory.ts';
import type { Records } from '../../src/records/ports.ts';

export const DIGEST = 'd'.repeat(64);

/** A key of its own for each role; nobody's secret. */
export const keyOf = (id: string): string => `bw_${id}_${createHash('sha256').update(id).digest('hex')}`;
export const bearer = (id: string): Record<string, string> => ({ authorization: `Bearer ${keyOf(id)}` });
const key = (id: string, role: string, team: string, environment: string, more: object = {}) => ({
  id,
  sha256: createHash('sha256').update(keyOf(id)).digest('hex'),
  expires: '2099-01-01T00:00:00Z',
  grants: [{ role, team, environment }],
  ...more,
});

/** Who is known: each role for payments in staging, an administrator of everything, and another team. */
export const access = AccessFile.parse({
  keys: [
    ...['viewer', 'operator', 'approver'].map((role) => key(role, role, 'payments', 'staging')),
    key('admin', 'admin', '*', '*'),
    key('auditor', 'auditor', '*', '*'),
    key('team-auditor', 'auditor', 'payments', '*'),
    key('other', 'admin', 'search', '*'),
    key('pager', 'operator', '*', 'staging'),
    key('oncall', 'break-glass', 'payments', 'staging'),
    key('expired', 'admin', '*', '*', { expires: '2020-01-01T00:00:00Z' }),
    key('revoked', 'admin', '*', '*', { revoked: true }),
  ],
});

const stateOf = (workflowId: string): RunState => ({
  workflowId,
  phase: 'holding',
  approvals: [],
  approvalsRequired: 0,
  victims: [],
  iterations: [],
  leftovers: [],
  events: [],
});

/** What the fake door was asked, and what it knows. */
export interface FakeDoor extends Door {
  calls: [name: string, ...given: unknown[]][];
  runs: Map<string, { owner: string; environment: string }>;
  states: Map<string, RunState>;
  kept: Map<string, ScheduleView>;
}

/** Temporal, as far as the API sees it. */
export function fakeDoor(): FakeDoor {
  const asked = new Map<string, string>();
  const door: FakeDoor = {
    calls: [],
    runs: new Map(),
    states: new Map(),
    kept: new Map(),
    plan(options) {
      door.calls.push(['plan', options]);
      return Promise.resolve({ valid: false, reason: 'a fake plans nothing' });
    },
    startOnce(options) {
      door.calls.push(['startOnce', options]);
      const { document, requestedBy, idempotencyKey } = options;
      const workflowId = idOfKey(requestedBy, idempotencyKey);
      const before = asked.get(workflowId);
      if (before !== undefined && before !== JSON.stringify(document)) return Promise.resolve({ kind: 'conflict', workflowId });
      asked.set(workflowId, JSON.stringify(document));
      const { owner, environment } = (document as { metadata: { owner: string; environment: string } }).metadata;
      door.runs.set(workflowId, { owner, environment });
      return Promise.resolve({ kind: 'started', run: { workflowId, runId: 'r-1', alreadyStarted: before !== undefined } });
    },
    placeOf: (workflowId) => Promise.resolve(door.runs.get(workflowId)),
    status: (workflowId) => Promise.resolve(door.states.get(workflowId) ?? stateOf(workflowId)),
    steer(steer, workflowId, act) {
      door.calls.push([steer, workflowId, act]);
      return Promise.resolve(stateOf(workflowId));
    },
    halt(options) {
      door.calls.push(['halt', options]);
      const halt = { kind: options.kind ?? 'halt', by: options.by, reason: options.reason, atMs: 1 };
      return Promise.resolve({
        environment: options.environment ?? '_all',
        halt,
        told: 0,
        stopped: 0,
        left: [],
        verdicts: {},
        leftovers: [],
      });
    },
    halts: () =>
      Promise.resolve(
        Object.fromEntries(
          ['_all', 'staging', 'production'].map((name) => [name, { kind: 'halt', by: 'x', reason: 'y', atMs: 1 } as const]),
        ),
      ),
    liftHalt(environment, act) {
      door.calls.push(['liftHalt', environment, act]);
      return Promise.resolve();
    },
    addSchedule(request) {
      door.calls.push(['addSchedule', request]);
      const { owner, environment, name: experiment } = (request.document as { metadata: Record<string, string> }).metadata;
      const { name, cron, zone, requestedBy } = request;
      const view = { name, cron, zone, requestedBy, owner: owner!, environment: environment!, experiment: experiment! };
      door.kept.set(name, { ...view, paused: false, nextMs: [], recent: [] });
      return Promise.resolve(door.kept.get(name)!);
    },
    schedules({ limit, after = '', isWanted = () => true }) {
      const found = [...door.kept.values()].filter((view) => view.name > after && isWanted(view));
      const page = found.sort((a, b) => (a.name < b.name ? -1 : 1)).slice(0, limit);
      return Promise.resolve({ schedules: page, ...(found.length > limit && { next: page.at(-1)!.name }) });
    },
    calendar: ({ fromMs }) =>
      Promise.resolve(
        [...door.kept.values()].map(({ name, experiment, environment, owner, paused }) => ({
          ...{ schedule: name, experiment, service: 'payments', environment, owner },
          ...{ atMs: fromMs + 3_600_000, lengthMs: 60_000, paused },
        })),
      ),
    schedule(name) {
      const view = door.kept.get(name);
      return view ? Promise.resolve(view) : Promise.reject(Object.assign(new Error('gone'), { name: 'ScheduleNotFoundError' }));
    },
    actOnSchedule(act, name, by) {
      door.calls.push([act, name, by]);
      return Promise.resolve(door.kept.get(name)!);
    },
    removeSchedule(name) {
      door.kept.delete(name);
      return Promise.resolve();
    },
    checkHealth: () => Promise.resolve(),
  };
  return door;
}

export interface FakeApi {
  app: ReturnType<typeof createApi>;
  door: FakeDoor;
  records: Records;
}

/** The API over fakes, closed afterwards. */
export async function withFakes(use: (api: FakeApi) => Promise<void>, options: Partial<ApiOptions> = {}): Promise<void> {
  const [door, records] = [fakeDoor(), createMemoryRecords()];
  const app = createApi({ door, records, log: pino({ level: 'silent' }), access, ...options });
  try {
    await use({ app, door, records });
  } finally {
    await app.close();
  }
}
