import * as z from 'zod';
import { readAs } from '../../language/read-as.ts';
import { readSource } from '../../language/source.ts';

const Secret = z.strictObject({ secret: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, 'expected the name of a secret') });
const Globs = z.array(z.string().min(1).max(200)).min(1).max(50);

/** What no environment can be called would switch change control off without a word. */
const Environments = z
  .array(
    z
      .string()
      .max(200)
      .regex(/^[a-z0-9*-]+$/, 'expected environments as experiments name them: a-z, 0-9 and -, with * for any characters'),
  )
  .min(1)
  .max(50);

const isThisMachine = ({ hostname }: URL): boolean => /^(127\.0\.0\.1|localhost|\[::1\])$/.test(hostname);
/** Credentials go there, and a decision comes back: neither crosses a network in the clear. */
const Address = z
  .url({ protocol: /^https?$/, error: 'expected an http(s) URL' })
  .refine((url) => !/[@?#]/.test(url), 'expected a URL without credentials, query or fragment: credentials belong into `auth`')
  .refine((url) => new URL(url).protocol === 'https:' || isThisMachine(new URL(url)), 'expected https:// (http:// on this machine only)');
/** Where a product lives; the paths of its API are added. */
const Base = Address.transform((url) => url.replace(/\/+$/, ''));
/** Nothing is asked there: people open it. */
const Link = z.url({ protocol: /^https?$/, error: 'expected an http(s) URL; {run} and {execution} stand for the ids of a run' });

const Basic = z.strictObject({ user: z.string().min(1).max(200), password: Secret });
const Bearer = z.strictObject({ token: Secret });
const Auth = z.union([Basic, Bearer], { error: 'expected { user, password: { secret: NAME } } or { token: { secret: NAME } }' });

const FieldName = z.string().regex(/^[a-z][a-z0-9_]{0,79}$/, 'expected the name of a field: a-z, 0-9 and _');

const ServiceNow = z.strictObject({
  kind: z.literal('servicenow'),
  url: Base,
  auth: Auth,
  table: FieldName.default('change_request'),
  // Value or label of the state: -2 Scheduled, -1 Implement.
  states: z.array(z.string().min(1)).min(1).default(['-2', '-1']),
  approvals: z.array(z.string().min(1)).min(1).default(['approved']),
  fields: z
    .strictObject({
      state: FieldName.default('state'),
      approval: FieldName.default('approval'),
      start: FieldName.default('start_date'),
      end: FieldName.default('end_date'),
      // `none` where the table has no such field.
      onHold: FieldName.default('on_hold'),
      contact: FieldName.default('assignment_group'),
      notes: FieldName.default('work_notes'),
    })
    .prefault({}),
});

const JiraField = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,79}$/, 'expected the id of a field, such as customfield_10042');

const Jira = z.strictObject({
  kind: z.literal('jira'),
  url: Base,
  auth: Auth,
  states: z.array(z.string().min(1), 'expected the names of statuses in which a change may happen').min(1),
  // Whether the approvals of Jira Service Management are asked for: at least one, and all of them approved.
  approvals: z.enum(['jsm', 'none'], { error: 'expected jsm, or none where the status alone says that it is approved' }),
  // Said, because a window that nobody looks at is no window.
  window: z.union([z.strictObject({ start: JiraField, end: JiraField }), z.literal('none')], {
    error: 'expected { start: FIELD, end: FIELD }, two date-time fields, or none',
  }),
});

const Http = z.strictObject({
  kind: z.literal('http'),
  check: Address,
  notes: Address.optional(),
  auth: Bearer.optional(),
});

/** The file that BREAKWATER_CHANGE_CONTROL names: whom to ask about tickets, and where one is asked for. */
export const ChangeControlFile = z.strictObject({
  apiVersion: z.literal('breakwater.dev/v1'),
  kind: z.literal('ChangeControl'),
  environments: Environments.default(['*']),
  tickets: Globs,
  contact: z.string().min(1).max(200).optional(),
  system: z.discriminatedUnion('kind', [ServiceNow, Jira, Http]),
  links: z.strictObject({ report: Link.optional(), temporal: Link.optional() }).default({}),
});
export type ChangeControlFile = z.infer<typeof ChangeControlFile>;
export type ServiceNowSettings = z.infer<typeof ServiceNow>;
export type JiraSettings = z.infer<typeof Jira>;
export type HttpCheckSettings = z.infer<typeof Http>;
export type Auth = z.infer<typeof Auth>;

/** Reads it. @throws ExperimentError with everything that is wrong, each with its place */
export const readChangeControl = (path: string): ChangeControlFile => readAs(ChangeControlFile, readSource(path), path).value;
