import * as z from 'zod';
import { ChangeSystemError, type ChangeSystem, type WrittenNote } from '../../activities/change-port.ts';
import type { ChangeAnswer } from '../../domain/change.ts';
import type { Asker } from './ask.ts';
import type { JiraSettings } from './file.ts';

const KEY = /^[A-Z][A-Z0-9_]{0,30}-[1-9]\d{0,9}$/;
/** How many of the newest comments are looked through for an own note: one page, the largest there is. */
const COMMENTS = 100;

const Named = z.object({ displayName: z.string().optional() });
const Issue = z.object({
  key: z.string(),
  fields: z.looseObject({ status: z.object({ name: z.string() }), assignee: Named.nullish() }),
});
const Approvals = z.object({
  isLastPage: z.boolean(),
  values: z.array(
    z.object({
      name: z.string().optional(),
      finalDecision: z.string(),
      approvers: z.array(z.object({ approver: Named, approverDecision: z.string() })).default([]),
    }),
  ),
});
type Approvals = z.infer<typeof Approvals>;
const Comments = z.object({ comments: z.array(z.looseObject({ body: z.unknown() })) });
const Myself = z.object({ displayName: z.string() });

/** `2026-03-11T12:00:00.000+0100`. A date without an hour is no instant. */
function instantOf(value: unknown): number | undefined {
  const [, local, sign = 'Z'] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)(Z|[+-]\d\d:?\d\d)$/.exec(typeof value === 'string' ? value : '') ?? [];
  const ms = local === undefined ? NaN : Date.parse(`${local}${sign.replace(/^(.\d\d):?(\d\d)$/, '$1:$2')}`);
  return Number.isNaN(ms) ? undefined : ms;
}

/** What is missing of the approvals; undefined when there is one at least and all are given. */
function notApproved({ values, isLastPage }: Approvals): string | undefined {
  if (!isLastPage) return 'it has more approvals than one page';
  if (values.length === 0) return 'it has no approval at all';
  const open = values.filter(({ finalDecision }) => finalDecision !== 'approved');
  return open.length === 0
    ? undefined
    : `not approved: ${open.map(({ name, finalDecision }) => `${name ?? 'approval'} is ${finalDecision}`).join(', ')}`;
}

const approversOf = ({ values }: Approvals): string[] => [
  ...new Set(
    values
      .flatMap(({ approvers }) => approvers.filter(({ approverDecision }) => approverDecision === 'approved'))
      .map(({ approver }) => approver.displayName ?? 'somebody'),
  ),
];

function judge({ fields }: z.infer<typeof Issue>, approvals: Approvals | undefined, { states, window }: JiraSettings): ChangeAnswer {
  const state = fields.status.name;
  const range = window === 'none' ? undefined : { fromMs: instantOf(fields[window.start]), untilMs: instantOf(fields[window.end]) };
  const missing = approvals && notApproved(approvals);
  const hasWindow = range?.fromMs !== undefined && range.untilMs !== undefined;
  const against = [
    ...(states.includes(state) ? [] : [`its status must be one of ${states.join(', ')}`]),
    ...(missing === undefined ? [] : [missing]),
    ...(window === 'none' || hasWindow ? [] : [`it has no planned start and end with an hour (${window.start}, ${window.end})`]),
  ];
  const contact = fields.assignee?.displayName;
  return {
    approved: against.length === 0,
    reason: against.join('; '),
    state,
    ...(approvals && { approvedBy: approversOf(approvals) }),
    ...(hasWindow && { window: range as { fromMs: number; untilMs: number } }),
    ...(contact !== undefined && { contact }),
  };
}

const paragraph = (text: string, href?: string) => ({
  type: 'paragraph',
  content: [{ type: 'text', text, ...(href !== undefined && { marks: [{ type: 'link', attrs: { href } }] }) }],
});

/**
 * In the Atlassian Document Format. The property makes it an internal comment in a service project: customers do not see it.
 * @see https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
 */
const commentOf = ({ lines, links, mark }: WrittenNote) => ({
  body: {
    type: 'doc',
    version: 1,
    content: [...lines.map((line) => paragraph(line)), ...links.map(({ label, url }) => paragraph(label, url)), paragraph(mark)],
  },
  properties: [{ key: 'sd.public.comment', value: { internal: true } }],
});

/**
 * Issues of Jira Cloud by its REST API v3, and approvals of Jira Service Management.
 * @see https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/
 * @see https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-comments/
 * @see https://developer.atlassian.com/cloud/jira/service-desk/rest/api-group-request/ approvals
 */
export function createJira(settings: JiraSettings, asker: Asker): ChangeSystem {
  const { url, window, approvals } = settings;
  const keyOf = (ticket: string): string => {
    if (KEY.test(ticket)) return ticket;
    throw new ChangeSystemError(`'${ticket}' is no key of an issue, such as OPS-42`, false);
  };
  return {
    name: `jira at ${new URL(url).host}`,
    async check({ ticket }, signal) {
      const fields = ['status', 'assignee', ...(window === 'none' ? [] : [window.start, window.end])];
      const key = keyOf(ticket);
      const issue = await asker.ask({ method: 'GET', url: `${url}/rest/api/3/issue/${key}?fields=${fields.join(',')}` }, Issue, signal);
      if (issue.key !== key) throw new ChangeSystemError(`${key} was moved and is ${issue.key.slice(0, 50)} now: name that one`, false);
      const given =
        approvals === 'none'
          ? undefined
          : await asker.ask({ method: 'GET', url: `${url}/rest/servicedeskapi/request/${key}/approval?limit=50` }, Approvals, signal);
      return judge(issue, given, settings);
    },
    async note(note, signal) {
      const comments = `${url}/rest/api/3/issue/${keyOf(note.ticket)}/comment`;
      const newest = await asker.ask({ method: 'GET', url: `${comments}?orderBy=-created&maxResults=${COMMENTS}` }, Comments, signal);
      if (newest.comments.some(({ body }) => JSON.stringify(body).includes(note.mark))) return `${note.ticket} has this note already`;
      await asker.tell({ method: 'POST', url: comments, json: commentOf(note) }, signal);
      return `commented on ${note.ticket}`;
    },
    async reach(signal) {
      const { displayName } = await asker.ask({ method: 'GET', url: `${url}/rest/api/3/myself` }, Myself, signal);
      return `it knows us as ${displayName}`;
    },
  };
}
