import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a server does instead of its contract, once for each. `cut` and `swallow`: it does what it was asked, and the answer gets lost or never comes. */
export type Trouble = number | 'hang' | 'swallow' | 'html' | 'redirect' | 'huge' | 'cut' | 'wrong-shape';

export interface Seen {
  method: string;
  path: string;
  query: Record<string, string>;
  authorization: string | undefined;
  body: unknown;
  headers: IncomingMessage['headers'];
}

/** A server that speaks a contract, keeps state, and has troubles when it is told to. */
export interface ChangeServer {
  url: string;
  seen: Seen[];
  /** Used up one by one, by requests that `isHit` is true for. */
  troubles: Trouble[];
  /** Which requests the troubles hit. */
  hits: (seen: Seen) => boolean;
  close(): Promise<void>;
}

type Answer = (seen: Seen) => { status: number; body?: unknown };

const trouble: Record<Exclude<Trouble, number>, (response: ServerResponse) => void> = {
  hang: () => undefined,
  swallow: () => undefined,
  html: (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>'),
  redirect: (response) => response.writeHead(302, { location: '/elsewhere' }).end(),
  huge: (response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ result: 'x'.repeat(2_000_000) })),
  cut: (response) => response.socket?.destroy(),
  'wrong-shape': (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"result":"yes, go on"}'),
};

/** @param answer the contract; asked for `cut` too: what was asked happens, and nobody hears of it */
export async function startChangeServer(answer: Answer): Promise<ChangeServer> {
  const state: Pick<ChangeServer, 'seen' | 'troubles' | 'hits'> = { seen: [], troubles: [], hits: () => true };
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (part: Buffer) => (text += part.toString()));
    request.on('end', () => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://server');
      const seen: Seen = {
        method: request.method ?? '',
        path: pathname,
        query: Object.fromEntries(searchParams),
        authorization: request.headers.authorization,
        body: text === '' ? undefined : (JSON.parse(text) as unknown),
        headers: request.headers,
      };
      state.seen.push(seen);
      const next = state.hits(seen) ? state.troubles.shift() : undefined;
      if (typeof next === 'number')
        return void response.writeHead(next, { 'content-type': 'application/json' }).end('{"error":"secret-echo"}');
      if (next === 'cut' || next === 'swallow') answer(seen);
      if (next !== undefined) return void trouble[next](response);
      const { status, body } = answer(seen);
      response.writeHead(status, { 'content-type': 'application/json' }).end(body === undefined ? '' : JSON.stringify(body));
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return Object.assign(state, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((done) => {
        server.closeAllConnections();
        server.close(() => {
          done();
        });
      }),
  });
}

/** The user and password that the fake ServiceNow and Jira take. */
export const CREDENTIALS = { user: 'breakwater', password: 'T0P-S3CRET-P4SSW0RD' };
const BASIC = `Basic ${Buffer.from(`${CREDENTIALS.user}:${CREDENTIALS.password}`).toString('base64')}`;

/** A change request as ServiceNow's database has it. */
export interface ChangeRequest {
  sys_id: string;
  number: string;
  state: string;
  approval: string;
  start_date: string;
  end_date: string;
  /** Undefined: its user does not see the field. */
  on_hold: string | undefined;
  assignment_group: string;
  work_notes: string[];
}

export const changeRequest = (more: Partial<ChangeRequest> = {}): ChangeRequest => ({
  sys_id: 'a'.repeat(32),
  number: 'CHG0030001',
  state: '-1',
  approval: 'approved',
  start_date: '2026-01-01 00:00:00',
  end_date: '2126-01-01 00:00:00',
  on_hold: 'false',
  assignment_group: 'Change Managers',
  work_notes: [],
  ...more,
});

const STATES: Record<string, string> = { '-5': 'New', '-2': 'Scheduled', '-1': 'Implement', '0': 'Review', '3': 'Closed', '4': 'Canceled' };

/** A field as `sysparm_display_value=all` shows it. Journals have their entries in the display value only. */
function fieldOf(row: ChangeRequest, name: string) {
  const value = row[name as keyof ChangeRequest];
  if (value === undefined) return undefined;
  if (Array.isArray(value))
    return { value: '', display_value: value.map((note) => `2026-01-01 01:00:00 - breakwater (Work notes)\n${note}`).join('\n\n') };
  if (name === 'state') return { value, display_value: STATES[value] ?? value };
  if (name.endsWith('_date'))
    return { value, display_value: value === '' ? '' : `${value.slice(8, 10)}.${value.slice(5, 7)}. in the zone of the user` };
  return { value, display_value: value };
}

/** ServiceNow's Table API for `change_request`. A query that it does not understand finds everything, as in the real one. */
export async function startServiceNow(
  rows: ChangeRequest[] = [changeRequest()],
): Promise<ChangeServer & { rows: ChangeRequest[]; ignoresQueries: boolean }> {
  const state = { rows, ignoresQueries: false };
  const server = await startChangeServer(({ method, path, query, authorization, body }) => {
    if (authorization !== BASIC) return { status: 401, body: { error: { message: 'User Not Authenticated' } } };
    const [, id] = /^\/api\/now\/table\/change_request(?:\/([0-9a-f]{32}))?$/.exec(path) ?? [path];
    if (method === 'PATCH') {
      const row = rows.find(({ sys_id: one }) => one === id);
      if (!row) return { status: 404 };
      row.work_notes.unshift((body as { work_notes: string }).work_notes);
      return { status: 200, body: { result: { number: row.number } } };
    }
    if (method !== 'GET' || query['sysparm_display_value'] !== 'all') return { status: 400 };
    const [, number] = /^number=(\w+)$/.exec(query['sysparm_query'] ?? '') ?? [];
    const found = number === undefined || mine.ignoresQueries ? rows : rows.filter((row) => row.number === number);
    const names = (query['sysparm_fields'] ?? '').split(',');
    const result = found
      .slice(0, Number(query['sysparm_limit']))
      .map((row) => Object.fromEntries(names.map((name) => [name, fieldOf(row, name)])));
    return { status: 200, body: { result } };
  });
  const mine = Object.assign(server, state);
  return mine;
}

export interface JiraIssue {
  key: string;
  status: string;
  assignee: string | null;
  /** Custom fields by id. */
  fields: Record<string, unknown>;
  /** Undefined: it is no request of a service project. */
  approvals: { name: string; finalDecision: string; by: string[] }[] | undefined;
  comments: { body: unknown; properties: unknown }[];
}

export const jiraIssue = (more: Partial<JiraIssue> = {}): JiraIssue => ({
  key: 'OPS-42',
  status: 'Implementing',
  assignee: 'Ann',
  fields: { customfield_10050: '2026-01-01T01:00:00.000+0100', customfield_10051: '2126-01-01T00:00:00.000Z' },
  approvals: [{ name: 'CAB', finalDecision: 'approved', by: ['Bob'] }],
  comments: [],
  ...more,
});

/** Jira Cloud: REST v3 for issues and comments, the service desk's API for approvals. */
export async function startJira(issues: JiraIssue[] = [jiraIssue()]): Promise<ChangeServer & { issues: JiraIssue[] }> {
  const server = await startChangeServer(({ method, path, query, authorization, body }) => {
    if (authorization !== BASIC) return { status: 401 };
    if (path === '/rest/api/3/myself') return { status: 200, body: { displayName: 'Breakwater' } };
    const [, key] = /\/(?:issue|request)\/([A-Z]+-\d+)/.exec(path) ?? [];
    const issue = issues.find((one) => one.key === key);
    if (!issue) return { status: 404, body: { errorMessages: ['Issue does not exist or you do not have permission to see it.'] } };
    if (path === `/rest/api/3/issue/${key}` && method === 'GET') {
      const asked = (query['fields'] ?? '').split(',');
      const all = {
        status: { name: issue.status },
        assignee: issue.assignee === null ? null : { displayName: issue.assignee },
        ...issue.fields,
      };
      return { status: 200, body: { key, fields: Object.fromEntries(Object.entries(all).filter(([name]) => asked.includes(name))) } };
    }
    if (path === `/rest/servicedeskapi/request/${key}/approval` && method === 'GET') {
      if (!issue.approvals) return { status: 404 };
      const values = issue.approvals.map(({ name, finalDecision, by }) => ({
        ...{ name, finalDecision },
        approvers: by.map((displayName) => ({ approver: { displayName }, approverDecision: 'approved' })),
      }));
      return { status: 200, body: { isLastPage: true, values } };
    }
    if (path !== `/rest/api/3/issue/${key}/comment`) return { status: 404 };
    if (method === 'GET') return { status: 200, body: { comments: issue.comments.slice(0, Number(query['maxResults'])) } };
    const comment = body as { body: { type: string; version: number }; properties: unknown };
    if (comment.body.type !== 'doc' || comment.body.version !== 1) return { status: 400 };
    issue.comments.unshift(comment);
    return { status: 201, body: { id: '1' } };
  });
  return Object.assign(server, { issues });
}
