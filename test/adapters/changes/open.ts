import type { ChangeControl, WrittenNote } from '../../../src/activities/change-port.ts';
import { ChangeControlFile } from '../../../src/adapters/changes/file.ts';
import { createChanges } from '../../../src/adapters/changes/index.ts';
import { createHttp } from '../../../src/adapters/http/request.ts';
import type { ChangeQuestion } from '../../../src/domain/change.ts';
import { CREDENTIALS } from '../../support/change-systems.ts';

const basic = { user: CREDENTIALS.user, password: { secret: 'change-password' } };

/** Settings of each kind, against a server of the test. */
export const fileFor = {
  servicenow: (url: string, more: Record<string, unknown> = {}) => ({ kind: 'servicenow', url, auth: basic, ...more }),
  jira: (url: string, more: Record<string, unknown> = {}) => ({
    ...{ kind: 'jira', url, auth: basic, states: ['Implementing'], approvals: 'jsm' },
    ...{ window: { start: 'customfield_10050', end: 'customfield_10051' }, ...more },
  }),
  http: (url: string, more: Record<string, unknown> = {}) => ({
    ...{ kind: 'http', check: `${url}/check`, notes: `${url}/notes`, auth: { token: { secret: 'change-password' } }, ...more },
  }),
};

/** The change control of a file, as a worker opens it, with real HTTP. */
export function openChanges(
  system: Record<string, unknown>,
  more: Record<string, unknown> = {},
  secret: () => Promise<string> = () => Promise.resolve(CREDENTIALS.password),
): ChangeControl & { close(): void } {
  const raw = { apiVersion: 'breakwater.dev/v1', kind: 'ChangeControl', tickets: ['CHG*', 'OPS-*'], system, ...more };
  const http = createHttp({ maxRedirects: 0 });
  return { ...createChanges(ChangeControlFile.parse(raw), http, { get: secret }, 700), close: () => http.close() };
}

export const question = (more: Partial<ChangeQuestion> = {}): ChangeQuestion => ({
  ...{ ticket: 'CHG0030001', digest: 'd1', experiment: 'payment-worker', environment: 'production', service: 'payments' },
  ...{ owner: 'payments', requestedBy: 'ann', atMs: Date.UTC(2026, 2, 11, 12), ...more },
});

export const note = (more: Partial<WrittenNote> = {}): WrittenNote => ({
  ...{ ticket: 'CHG0030001', moment: 'end' as const, workflowId: 'run.1', runId: 'r1', experiment: 'e', environment: 'production' },
  ...{ requestedBy: 'ann', digest: 'd1', mark: 'breakwater:run.1:r1:end' },
  ...{
    lines: ['Breakwater ended run run.1', 'Reason: [code]<b>x</b>[/code]'],
    links: [{ label: 'Report', url: 'https://b.example/run.1' }],
  },
  ...more,
});

/** Never for longer than the test. */
export const patience = (): AbortSignal => AbortSignal.timeout(5_000);
