import { setTimeout as delay } from 'node:timers/promises';
import type { Halt, RunEvent, RunState } from '../domain/run.ts';
import type { PlanResult } from '../workflows/plan.ts';
import type {
  AskedLayers,
  AuditEntry,
  AuditHead,
  AuditQuery,
  CalendarView,
  CaseResult,
  CataloguedExperiment,
  Explanation,
  Approval,
  Finding,
  GivenPolicyCase,
  Halted,
  Leftover,
  Me,
  Planned,
  PoliciesView,
  PolicyQuestion,
  ReportFormat,
  RunBrief,
  RunsPage,
  RunsQuery,
  RunView,
  Started,
  Watched,
  Why,
} from './http-views.ts';
import { askApi, ApiProblem, type ApiAddress, type Asked } from './http-request.ts';
import type { SchedulesPage } from './schedule-list.ts';
import type { ScheduleView } from './schedule-view.ts';
import type { ScheduleRequest } from './schedules.ts';
import { linesOf } from './lines.ts';
import { sseMessages } from './sse.ts';
import type { StartedRun } from './starting.ts';

/** How soon a stream that broke is asked for again, and how often without anything new. */
const AGAIN_AFTER_MS = 1_000;
const ATTEMPTS = 5;
/** A stream that stood for so long was one: a server that ends streams when other grants count is asked again, however often. */
const STOOD_MS = 5_000;

const stood = (openMs: number): boolean => Date.now() - openMs >= STOOD_MS;

const encode = encodeURIComponent;
const withoutUndefined = (query: object): Record<string, string> =>
  Object.fromEntries(Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])));

/** Typed doors to Breakwater over HTTP, for whoever has no Temporal. Everything throws `ApiProblem` when the API refuses. */
export class BreakwaterHttpClient {
  private readonly address: ApiAddress;

  /** @param address where the API is, and the token or key that it wants */
  constructor(address: ApiAddress) {
    this.address = address;
  }

  private async json<R>(asked: Asked): Promise<R> {
    const answer = await askApi(this.address, asked);
    return (answer.status === 204 ? undefined : await answer.json()) as R;
  }
  private get<R>(path: string, query: object = {}): Promise<R> {
    return this.json({ method: 'GET', path, query: withoutUndefined(query) });
  }
  private post<R>(path: string, body: object = {}, headers: Record<string, string> = {}): Promise<R> {
    return this.json({ method: 'POST', path, body, headers });
  }

  /** Whether the API can do its work. Open to everybody. */
  health(): Promise<{ status: 'ok'; records: 'ok' | 'unreachable' | 'none'; access?: 'ok' | 'stale' | 'expired' }> {
    return this.get('/healthz');
  }
  me(): Promise<Me> {
    return this.get('/v1/me');
  }

  /** Plans without running. Touches nothing. */
  plan(planned: Planned): Promise<PlanResult> {
    return this.post('/v1/plan', planned);
  }

  /** Starts a run once for this key. @throws ApiProblem (409) when the key was used for something else */
  start({ idempotencyKey, ...body }: Started): Promise<StartedRun> {
    return this.post('/v1/runs', body, { 'idempotency-key': idempotencyKey });
  }

  /** One page of runs, newest first. */
  runs(query: RunsQuery = {}): Promise<RunsPage> {
    return this.get('/v1/runs', query);
  }

  /** Every run that fits, newest first, page by page. */
  async *allRuns(query: Omit<RunsQuery, 'cursor'> = {}): AsyncGenerator<RunBrief> {
    for (let cursor: string | undefined; ;) {
      const page = await this.runs({ ...query, ...(cursor !== undefined && { cursor }) });
      yield* page.runs;
      if (page.next === undefined) return;
      cursor = page.next;
    }
  }

  run(id: string): Promise<RunView> {
    return this.get(`/v1/runs/${encode(id)}`);
  }

  /** Approves what the run waits for. @param digest of the plan that was seen */
  approve(id: string, approval: Approval): Promise<RunState> {
    return this.post(`/v1/runs/${encode(id)}/approve`, approval);
  }
  reject(id: string, why: Why = {}): Promise<RunState> {
    return this.post(`/v1/runs/${encode(id)}/reject`, why);
  }
  abort(id: string, why: Why = {}): Promise<RunState> {
    return this.post(`/v1/runs/${encode(id)}/abort`, why);
  }
  pause(id: string, why: Why = {}): Promise<RunState> {
    return this.post(`/v1/runs/${encode(id)}/pause`, why);
  }
  resume(id: string, why: Why = {}): Promise<RunState> {
    return this.post(`/v1/runs/${encode(id)}/resume`, why);
  }

  /**
   * What happens in a run, each event once, up to its end. A stream that breaks is taken up where it broke.
   * @throws when it breaks again and again; it never just ends before the run does, unless `signal` ends it
   */
  async *watch(id: string, { signal }: { signal?: AbortSignal } = {}): AsyncGenerator<Watched> {
    let after: string | undefined;
    for (let attempts = 0; attempts < ATTEMPTS; attempts++) {
      let openMs = Infinity;
      try {
        const headers = { accept: 'text/event-stream', ...(after !== undefined && { 'last-event-id': after }) };
        const answer = await askApi(this.address, {
          method: 'GET',
          path: `/v1/runs/${encode(id)}/events`,
          headers,
          isStream: true,
          ...(signal && { signal }),
        });
        if (answer.status === 204 || !answer.body) return;
        openMs = Date.now();
        for await (const message of sseMessages(answer.body)) {
          attempts = 0;
          if (message.event === 'end') {
            yield { kind: 'end', ...(JSON.parse(message.data) as object) };
            return;
          }
          after = message.id ?? after;
          yield { kind: 'event', event: JSON.parse(message.data) as RunEvent };
        }
      } catch (error) {
        if (signal?.aborted) return;
        if (error instanceof ApiProblem && error.status < 500 && error.status !== 429) throw error;
        if (attempts === ATTEMPTS - 1 && !stood(openMs)) throw error;
      }
      if (stood(openMs)) attempts = 0;
      await delay(AGAIN_AFTER_MS, undefined, { ...(signal && { signal }) }).catch(() => undefined);
      if (signal?.aborted) return;
    }
    throw new Error(`the stream of ${id} ended ${ATTEMPTS} times with nothing new and without the end of the run`);
  }

  /** The report of a run, as text. */
  async report(id: string, format: ReportFormat = 'json'): Promise<string> {
    return (await askApi(this.address, { method: 'GET', path: `/v1/runs/${encode(id)}/report`, query: { format } })).text();
  }

  /** The halts that stand, by environment; `_all` stands for every one. */
  halts(): Promise<Record<string, Halt>> {
    return this.get('/v1/halt');
  }
  /** Stops every live run of an environment, or of all when none is named, and refuses new ones until it is lifted. */
  halt(halt: { environment?: string; kind?: Halt['kind']; reason: string; by?: string }): Promise<Halted> {
    return this.post('/v1/halt', halt);
  }
  /** Reports an incident: a halt whose runs are `void`, because something else went on. */
  async incident(incident: { environment: string; reason: string }): Promise<Halted[]> {
    return (await this.post<{ incidents: Halted[] }>('/v1/incidents', incident)).incidents;
  }
  liftHalt(lift: { environment?: string; reason: string; by?: string }): Promise<void> {
    return this.json({ method: 'DELETE', path: '/v1/halt', query: withoutUndefined(lift) });
  }

  /** The experiments that `breakwater sync` has put on record. */
  async experiments(): Promise<CataloguedExperiment[]> {
    return (await this.get<{ experiments: CataloguedExperiment[] }>('/v1/experiments')).experiments;
  }
  /** Every start of the next days, of the schedules that you may see, and why some are skipped. */
  calendar(query: { days?: number } = {}): Promise<CalendarView> {
    return this.get('/v1/schedules/calendar', query);
  }
  /** The same as an iCalendar feed, without what is skipped or paused. */
  async calendarFeed(query: { days?: number } = {}): Promise<string> {
    return (await askApi(this.address, { method: 'GET', path: '/v1/schedules/calendar.ics', query: withoutUndefined(query) })).text();
  }
  /** One page of the schedules that you may see, by name. @param query `limit` 1–200; `cursor` is `next` of the page before */
  schedulesPage(query: { limit?: number; cursor?: string } = {}): Promise<SchedulesPage> {
    return this.get('/v1/schedules', query);
  }
  /** Every schedule that you may see, by name. */
  async schedules(): Promise<ScheduleView[]> {
    const all: ScheduleView[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await this.schedulesPage({ limit: 200, ...(cursor !== undefined && { cursor }) });
      all.push(...page.schedules);
      if (page.next === undefined) return all;
      cursor = page.next;
    }
  }
  schedule(name: string): Promise<ScheduleView> {
    return this.get(`/v1/schedules/${encode(name)}`);
  }
  addSchedule(request: Omit<ScheduleRequest, 'requestedBy'>): Promise<ScheduleView> {
    return this.post('/v1/schedules', request);
  }
  actOnSchedule(act: 'pause' | 'resume' | 'trigger', name: string): Promise<ScheduleView> {
    return this.post(`/v1/schedules/${encode(name)}/${act}`);
  }
  removeSchedule(name: string): Promise<void> {
    return this.json({ method: 'DELETE', path: `/v1/schedules/${encode(name)}` });
  }

  /** What runs taught and is not mended yet; with `all` closed ones too. */
  async findings(query: { service?: string; environment?: string; all?: boolean } = {}): Promise<Finding[]> {
    return (await this.get<{ findings: Finding[] }>('/v1/findings', query)).findings;
  }
  async leftovers(): Promise<Leftover[]> {
    return (await this.get<{ leftovers: Leftover[] }>('/v1/leftovers')).leftovers;
  }
  /** Notes that a person has looked at what a run left behind. @returns the keys that are cleared */
  async clearLeftovers(id: string, clear: { reason: string; key?: string }): Promise<string[]> {
    return (await this.post<{ cleared: string[] }>(`/v1/runs/${encode(id)}/leftovers/clear`, clear)).cleared;
  }

  /** The policies that the API is told of, with their digests. */
  policies(): Promise<PoliciesView> {
    return this.get('/v1/policies');
  }
  /** What every rule says of an experiment. Starts nothing. */
  explainPolicy(question: PolicyQuestion): Promise<Explanation & AskedLayers> {
    return this.post('/v1/policies/test', question);
  }
  /** Whether cases come out as expected. @param at the hour of cases that name none */
  testPolicies(cases: GivenPolicyCase[], at?: string): Promise<{ results: CaseResult[] } & AskedLayers> {
    return this.post('/v1/policies/test', { cases, ...(at !== undefined && { at }) });
  }

  /** The end of the audit log's chain. */
  auditHead(): Promise<AuditHead> {
    return this.get('/v1/audit/head');
  }
  /** The entries of the audit log, in the order of the chain. When it breaks, go on with `after`. */
  async *audit(query: AuditQuery = {}, { signal }: { signal?: AbortSignal } = {}): AsyncGenerator<AuditEntry> {
    const asked: Asked = { method: 'GET', path: '/v1/audit', query: withoutUndefined(query), isStream: true, ...(signal && { signal }) };
    const { body } = await askApi(this.address, asked);
    if (body) for await (const line of linesOf(body)) yield JSON.parse(line) as AuditEntry;
  }
  /** The same as CSV, whole. */
  async auditCsv(query: AuditQuery = {}): Promise<string> {
    const asked: Asked = { method: 'GET', path: '/v1/audit', query: { ...withoutUndefined(query), format: 'csv' }, isStream: true };
    return (await askApi(this.address, asked)).text();
  }
}
