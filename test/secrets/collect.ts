import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Client } from '@temporalio/client';
import { sql } from '../records/database.ts';
import type { Places } from './scanner.ts';

/** Everything that a message of Temporal holds, its payloads decoded, as one text. */
export function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (Array.isArray(value)) return value.map(textOf).join('\n');
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([key, one]) => `${key}=${textOf(one)}`)
      .join('\n');
  return String(value);
}

/** Every workflow of a task queue: its whole history, and what the server tells of it (memo, search attributes, pending activities, details). */
export async function workflowPlaces({ workflowService }: Client, taskQueue: string): Promise<Places> {
  const places: Places = {};
  const { executions } = await workflowService.listWorkflowExecutions({ namespace: 'default', query: `TaskQueue = "${taskQueue}"` });
  for (const listed of executions ?? []) {
    const execution = listed.execution ?? {};
    places[`list of workflows: ${execution.workflowId}`] = textOf(listed);
    places[`description of workflow ${execution.workflowId}`] = textOf(
      await workflowService.describeWorkflowExecution({ namespace: 'default', execution }),
    );
    const pages: string[] = [];
    let nextPageToken: Uint8Array | null | undefined;
    do {
      const page = await workflowService.getWorkflowExecutionHistory({
        namespace: 'default',
        execution,
        ...(nextPageToken && { nextPageToken }),
      });
      pages.push(textOf(page.history));
      nextPageToken = page.nextPageToken;
    } while (nextPageToken?.length);
    places[`history ${execution.workflowId}/${execution.runId}`] = pages.join('\n');
  }
  return places;
}

/** Every schedule whose id begins with the task queue. */
export async function schedulePlaces({ workflowService }: Client, taskQueue: string): Promise<Places> {
  const { schedules } = await workflowService.listSchedules({ namespace: 'default', maximumPageSize: 1_000 });
  const own = (schedules ?? []).filter(({ scheduleId }) => scheduleId?.startsWith(taskQueue));
  const places: Places = {};
  for (const listed of own)
    places[`schedule ${listed.scheduleId}`] =
      textOf(listed) + textOf(await workflowService.describeSchedule({ namespace: 'default', scheduleId: listed.scheduleId ?? '' }));
  return places;
}

/** Every row of every table that is not PostgreSQL's own. */
export async function tablePlaces(url: string): Promise<Places> {
  const tables = await sql<{ name: string }>(
    url,
    `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
     WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`,
  );
  const places: Places = {};
  for (const { name } of tables) {
    const rows = await sql<{ row: string }>(url, `SELECT row_to_json(one)::text AS row FROM ${name} one`);
    places[`table ${name}`] = rows.map(({ row }) => row).join('\n');
  }
  return places;
}

/** Every file below a folder, with its name. */
export function filePlaces(dir: string, kind: string): Places {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  return Object.fromEntries(
    files.map((file) => {
      const path = join(file.parentPath, file.name);
      return [`${kind} ${relative(dir, path)}`, `${path}\n${readFileSync(path, 'utf8')}`];
    }),
  );
}

/** Every route that looks at something, and its headers. @param endless runs whose stream of events does not end: nobody closes a terminated run */
export async function answerPlaces(
  url: string,
  token: string,
  runs: readonly string[],
  schedules: readonly string[],
  endless: readonly string[],
): Promise<Places> {
  const paths = [
    ...['/v1/me', '/v1/openapi.json', '/metrics', '/healthz', '/v1/runs', '/v1/runs?limit=1', '/v1/findings?all=true', '/v1/leftovers'],
    ...['/v1/schedules', '/v1/halt', ...schedules.map((name) => `/v1/schedules/${name}`)],
    ...runs.flatMap((id) => [
      `/v1/runs/${id}`,
      ...(endless.includes(id) ? [] : [`/v1/runs/${id}/events`]),
      ...['json', 'html', 'markdown', 'junit', 'csv'].map((format) => `/v1/runs/${id}/report?format=${format}`),
    ]),
  ];
  const places: Places = {};
  for (const path of paths) {
    const answer = await fetch(url + path, { headers: { authorization: `Bearer ${token}` }, signal: AbortSignal.timeout(30_000) });
    places[`GET ${path}`] = `${answer.status} ${JSON.stringify([...answer.headers])} ${await answer.text()}`;
  }
  return places;
}
