import type {
  Act,
  BreakwaterClient,
  CalendarEntry,
  Halt,
  HaltOptions,
  HaltOutcome,
  OnceStarted,
  Period,
  PlanResult,
  RunPlace,
  RunState,
  ScheduleQuery,
  ScheduleRequest,
  SchedulesPage,
  ScheduleView,
  StartOptions,
  UnreadableSchedule,
} from '../client.ts';
import type { Steer } from '../client/steering.ts';

/** Longest wait for Temporal. */
const ANSWER_WITHIN_MS = 8_000;
/** Longest wait for a plan: it measures and discovers. */
const PLAN_WITHIN_MS = 60_000;
const HEALTHY_WITHIN_MS = 2_000;

export const SCHEDULE_ACTS = ['pause', 'resume', 'trigger'] as const;
export type ScheduleAct = (typeof SCHEDULE_ACTS)[number];

/** What the API asks of Temporal. Everything rejects rather than waits for ever. */
export interface Door {
  plan(options: StartOptions): Promise<PlanResult>;
  startOnce(options: StartOptions & { idempotencyKey: string }): Promise<OnceStarted>;
  placeOf(workflowId: string): Promise<RunPlace | undefined>;
  status(workflowId: string): Promise<RunState>;
  steer(steer: Steer, workflowId: string, act: Act): Promise<RunState>;
  halt(options: HaltOptions): Promise<HaltOutcome>;
  halts(): Promise<Record<string, Halt>>;
  liftHalt(environment: string | undefined, act: Act): Promise<void>;
  addSchedule(request: ScheduleRequest): Promise<ScheduleView>;
  schedules(query: ScheduleQuery): Promise<SchedulesPage>;
  schedule(name: string): Promise<ScheduleView>;
  /** @param tell hears of each schedule that cannot be read; it is left out */
  calendar(period: Period, tell: (unreadable: UnreadableSchedule) => void): Promise<CalendarEntry[]>;
  actOnSchedule(act: ScheduleAct, name: string, by: string): Promise<ScheduleView>;
  removeSchedule(name: string): Promise<void>;
  /** @throws when Temporal does not answer */
  checkHealth(): Promise<void>;
}

/** The door through a client. */
export function doorOf(client: BreakwaterClient): Door {
  const inTime = <R>(ask: () => Promise<R>, ms = ANSWER_WITHIN_MS): Promise<R> => client.temporal.withDeadline(Date.now() + ms, ask);
  const onSchedule: Record<ScheduleAct, (name: string, by: string) => Promise<ScheduleView>> = {
    pause: (name, by) => client.schedules.pause(name, `paused by ${by}`),
    resume: (name, by) => client.schedules.resume(name, `resumed by ${by}`),
    trigger: (name) => client.schedules.trigger(name),
  };
  return {
    plan: (options) => inTime(() => client.plan(options), PLAN_WITHIN_MS),
    startOnce: (options) => inTime(() => client.startOnce(options)),
    placeOf: (workflowId) => inTime(() => client.placeOf(workflowId)),
    status: (workflowId) => inTime(() => client.status(workflowId)),
    steer: (steer, workflowId, act) => inTime(() => client[steer](workflowId, act)),
    halt: (options) => inTime(() => client.halt(options, 0)),
    halts: () => inTime(() => client.halts()),
    liftHalt: (environment, act) => inTime(() => client.liftHalt(environment, act)),
    addSchedule: (request) => inTime(() => client.schedules.add(request)),
    schedules: (query) => inTime(() => client.schedules.page(query)),
    calendar: (period, tell) => inTime(() => client.schedules.calendar(period, tell)),
    schedule: (name) => inTime(() => client.schedules.show(name)),
    actOnSchedule: (act, name, by) => inTime(() => onSchedule[act](name, by)),
    removeSchedule: (name) => inTime(() => client.schedules.remove(name)),
    checkHealth: async () => {
      await inTime(() => client.temporal.workflowService.getSystemInfo({}), HEALTHY_WITHIN_MS);
    },
  };
}
