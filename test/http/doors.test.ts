import { BreakwaterClient } from '../../src/client.ts';
import { BreakwaterHttpClient } from '../../src/client/http.ts';
import { Schedules } from '../../src/client/schedules.ts';
import { bearer, withFakes } from './fakes.ts';

/** Every route, its door over HTTP, and the one through Temporal: none where only the records or this process know. */
const DOORS: Record<string, [http: keyof BreakwaterHttpClient | undefined, temporal?: string]> = {
  'GET /healthz': ['health'],
  'GET /metrics': [undefined],
  'GET /v1/openapi.json': [undefined],
  'GET /v1/me': ['me'],
  'POST /v1/plan': ['plan', 'plan'],
  'POST /v1/runs': ['start', 'startOnce'],
  'GET /v1/runs': ['runs'],
  'GET /v1/runs/{id}': ['run', 'status'],
  'GET /v1/runs/{id}/events': ['watch', 'waitForVerdict'],
  'GET /v1/runs/{id}/report': ['report'],
  'POST /v1/runs/{id}/approve': ['approve', 'approve'],
  'POST /v1/runs/{id}/reject': ['reject', 'reject'],
  'POST /v1/runs/{id}/abort': ['abort', 'abort'],
  'POST /v1/runs/{id}/pause': ['pause', 'pause'],
  'POST /v1/runs/{id}/resume': ['resume', 'resume'],
  'POST /v1/runs/{id}/leftovers/clear': ['clearLeftovers'],
  'GET /v1/leftovers': ['leftovers', 'sweep'],
  'GET /v1/findings': ['findings'],
  'GET /v1/experiments': ['experiments'],
  'GET /v1/halt': ['halts', 'halts'],
  'POST /v1/halt': ['halt', 'halt'],
  'DELETE /v1/halt': ['liftHalt', 'liftHalt'],
  'POST /v1/incidents': ['incident', 'halt'],
  'GET /v1/schedules': ['schedules', 'schedules.list'],
  'POST /v1/schedules': ['addSchedule', 'schedules.add'],
  'GET /v1/schedules/calendar': ['calendar', 'schedules.calendar'],
  'GET /v1/schedules/calendar.ics': ['calendarFeed', 'schedules.calendar'],
  'GET /v1/schedules/{name}': ['schedule', 'schedules.show'],
  'DELETE /v1/schedules/{name}': ['removeSchedule', 'schedules.remove'],
  'POST /v1/schedules/{name}/pause': ['actOnSchedule', 'schedules.pause'],
  'POST /v1/schedules/{name}/resume': ['actOnSchedule', 'schedules.resume'],
  'POST /v1/schedules/{name}/trigger': ['actOnSchedule', 'schedules.trigger'],
  'GET /v1/policies': ['policies'],
  'POST /v1/policies/test': ['explainPolicy', 'plan'],
  'GET /v1/audit': ['audit'],
  'GET /v1/audit/head': ['auditHead'],
};

test('every route has its door', () =>
  withFakes(async ({ app }) => {
    const { paths } = (await app.inject({ url: '/v1/openapi.json', headers: bearer('admin') })).json<{ paths: Record<string, object> }>();
    const routes = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(Object.keys(DOORS).sort()).toEqual(routes.sort());
    const doors = (of: object, name: string): unknown => (of as Record<string, unknown>)[name];
    for (const [route, [http, temporal]] of Object.entries(DOORS)) {
      if (http !== undefined) expect([route, typeof doors(BreakwaterHttpClient.prototype, http)]).toEqual([route, 'function']);
      const [first = '', schedule] = temporal?.split('.') ?? [];
      const door = schedule === undefined ? doors(BreakwaterClient.prototype, first) : doors(Schedules.prototype, schedule);
      if (temporal !== undefined) expect([route, typeof door]).toEqual([route, 'function']);
    }
  }));
