import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import type { SiteEnvironments } from './domain/site-environments.ts';
import { Duration } from './domain/units.ts';
import { apiLimitsOf, apiLimitVariables, type ApiLimits } from './settings/api.ts';
import { approvalOptionsOf, approvalVariables, type ApprovalOptions } from './settings/approvals.ts';
import { auditOptionsOf, auditProblems, auditVariables, type AuditOptions } from './settings/audit.ts';
import { changeControlVariables } from './settings/change-control.ts';
import { withoutEmpty, type Env } from './settings/env.ts';
import { ConfigError } from './settings/error.ts';
import { DEFAULT_TEMPORAL_ADDRESS, temporalSettingsOf, type TemporalSettings } from './settings/temporal.ts';
import { loginOptionsOf, loginVariables, type LoginOptions } from './settings/login.ts';
import { gitopsOptionsOf, gitopsVariables, type GitopsOptions } from './settings/gitops.ts';
import { policyVariables } from './settings/policy.ts';
import { siteVariables } from './settings/site-environments.ts';

export { ConfigError, type TemporalSettings };

/** @throws ConfigError when Temporal's configuration file or the profile cannot be read */
export const loadTemporalSettings = (env: Env = process.env): TemporalSettings => temporalSettingsOf(env);

const names = z
  .string()
  .transform((text) => text.split(',').map((name) => name.trim()))
  .pipe(z.array(z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'expected names of a-z, 0-9 and -, separated by commas')).min(1));

const days = (most: number, otherwise: number) => z.coerce.number().int().min(1).max(most).default(otherwise);

const postgresUrl = z.string().regex(/^postgres(ql)?:\/\/\S+$/, 'expected postgres://user:password@host:port/database');

/** Every variable that Breakwater itself reads. The description is also its documentation. */
const variables = {
  BREAKWATER_DATABASE_URL: postgresUrl.optional().describe('records database, postgres://user:password@host:port/database (secret)'),
  BREAKWATER_HOME: z.string().min(1).default('.breakwater').describe('data folder, relative to the current one'),
  BREAKWATER_STATE_DIR: z
    .string()
    .min(1)
    .optional()
    .describe('state of this site, its kill journal and leases; default: state in BREAKWATER_HOME'),
  BREAKWATER_JOURNAL_DAYS: days(3_650, 30).describe(
    'days that the kill journal remembers closed orders; at least as long as Temporal keeps closed runs, which can be reset',
  ),
  BREAKWATER_SAMPLES_DAYS: days(3_650, 30).describe(
    'days after the end of a run that `records prune` keeps its samples; after that they are buckets',
  ),
  BREAKWATER_BUCKETS_DAYS: days(36_500, 730).describe(
    'days after the end of a run that `records prune` keeps the buckets of its samples; its numbers are kept for ever',
  ),
  BREAKWATER_SITES: names.default(['local']).describe('sites that this worker serves, separated by commas'),
  BREAKWATER_ROLE: z
    .enum(['all', 'control', 'site'])
    .default('all')
    .describe('control: workflows, policy, records; site: faults and probes; all: both'),
  BREAKWATER_TASK_QUEUE: z
    .string()
    .regex(/^[\w.-]+$/, 'expected letters, digits, . _ or -')
    .default('breakwater')
    .describe('task queue of the workflows; sites add .<site>'),
  BREAKWATER_BUILD_ID: z
    .string()
    .regex(/^[\w.-]{1,128}$/, 'expected letters, digits, . _ or -, 128 at most')
    .optional()
    .describe(
      'build id of this control worker in worker versioning; without it there is none. Somebody must make each version the current one',
    ),
  BREAKWATER_ALIVE_FILE: z.string().min(1).optional().describe('file that a worker writes every 5 s while it works, for a liveness probe'),
  BREAKWATER_KUBECONFIG: z
    .string()
    .min(1)
    .optional()
    .describe(
      'kubeconfig file of the cluster that this worker’s sites are in, or in-cluster; without it there is no cluster. Never taken from KUBECONFIG',
    ),
  BREAKWATER_KUBE_CONTEXT: z.string().min(1).optional().describe('context of that file; default: its current one'),
  BREAKWATER_PROTECTED_NAMESPACES: names
    .optional()
    .describe('namespaces that no fault may touch, separated by commas; kube-* and the own one are never touched anyway'),
  ...siteVariables,
  ...policyVariables,
  ...changeControlVariables,
  ...gitopsVariables,
  BREAKWATER_SLOTS: z.coerce
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(2_000)
    .describe('watching activities held at once by one site worker'),
  BREAKWATER_SECRETS_DIR: z
    .string()
    .min(1)
    .optional()
    .describe('folder with one file per named secret; a folder SITE in it holds the secrets of that site alone'),
  BREAKWATER_API_HOST: z.string().min(1).default('127.0.0.1').describe('address that the HTTP API listens on'),
  BREAKWATER_API_PORT: z.coerce.number().int().min(1).max(65_535).default(17_280).describe('port of the HTTP API'),
  BREAKWATER_API_TOKEN: z
    .string()
    .regex(/^\S{16,}$/, 'expected 16 characters or more, no blanks')
    .optional()
    .describe(
      'bearer token that the HTTP API takes as an administrator (secret); without it and BREAKWATER_ACCESS only this machine is answered',
    ),
  BREAKWATER_ACCESS: z
    .string()
    .min(1)
    .optional()
    .describe('file that says who may use the HTTP API and as what: issuers of tokens, hashes of API keys, a trusted proxy (docs/api.md)'),
  ...apiLimitVariables,
  BREAKWATER_JANITOR_EVERY: z
    .union([z.literal('off'), Duration.refine((ms) => ms >= 10_000 && ms <= 3_600_000)], { error: 'expected 10s to 1h, or off' })
    .default(60_000)
    .describe('how often the janitor looks for what nobody holds any more; off: this worker installs no schedule for it'),
  BREAKWATER_PAGER_URL: z
    .url({ protocol: /^https?$/, error: 'expected an http(s) URL' })
    .optional()
    .describe(
      'where a person is called: any URL that takes JSON, or with BREAKWATER_PAGER_KEY one that speaks PagerDuty Events v2 (secret)',
    ),
  BREAKWATER_PAGER_KEY: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, 'expected the name of a secret')
    .optional()
    .describe('name of the secret that holds the PagerDuty routing key'),
  ...approvalVariables,
  ...loginVariables,
  ...auditVariables,
  BREAKWATER_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info').describe('least level that is logged'),
};
const Variables = z.object(variables);
type VariableName = keyof typeof variables;

/** Values of these never appear in a message. */
const secret: ReadonlySet<string> = new Set<VariableName>([
  'BREAKWATER_DATABASE_URL',
  'BREAKWATER_API_TOKEN',
  'BREAKWATER_PAGER_URL',
  'BREAKWATER_AUDIT_URL',
  'BREAKWATER_API_IDENTITY',
]);

/** All settings of a Breakwater process, read once at its start. */
export interface Config extends ApprovalOptions, LoginOptions {
  /** Records database. Secret: never in a message. */
  databaseUrl?: string;
  homeDir: string;
  stateDir: string;
  /** How long the kill journal remembers closed orders. */
  journalKeepsMs: number;
  /** How long after the end of a run its samples are kept, and the buckets that replace them. */
  samplesKeptMs: number;
  bucketsKeptMs: number;
  sites: string[];
  /** Which environments the sites hold; undefined: nobody said. */
  siteEnvironments?: SiteEnvironments;
  role: 'all' | 'control' | 'site';
  taskQueue: string;
  slots: number;
  /** Build id in worker versioning. */
  buildId?: string;
  /** Kept young while a worker works. */
  aliveFile?: string;
  secretsDir?: string;
  /** The cluster of this worker's sites. */
  cluster?: { kubeconfig: string; context?: string; protectedNamespaces: string[] };
  /** Folder of the policy files; undefined: only the guardrails hold. */
  policyDir?: string;
  /** A Rego bundle that must allow every plan. */
  regoBundle?: string;
  /** Document of a running OPA that must allow every plan. */
  opaUrl?: string;
  /** File that says whom to ask about tickets; undefined: nobody is asked. */
  changeControlFile?: string;
  /** What `sync` states, and whose statements count. */
  gitops: GitopsOptions;
  /** How often the janitor's schedule fires, milliseconds; undefined: this worker installs none. */
  janitorEveryMs?: number;
  /** Where a person is called. The URL may hold a token: never in a message. The key is the name of a secret. */
  pager: { url?: string; key?: string };
  /** Checkpoints of the audit log. */
  audit: AuditOptions;
  logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';
  /** Where the HTTP API listens, the shared token that it takes (secret: never in a message), and the file that says who else may use it. */
  api: { host: string; port: number; token?: string; accessFile?: string; limits: ApiLimits };
  temporal: TemporalSettings;
}

/**
 * Reads the settings from the environment. An empty value counts as not set.
 * @throws ConfigError with every problem at once
 */
export function loadConfig(env: Env = process.env): Config {
  const parsed = Variables.safeParse(withoutEmpty(env));
  const problems = parsed.success ? [] : parsed.error.issues.map((issue) => explain(issue, env));
  problems.push(...unknownNames(env));
  let temporal: TemporalSettings | undefined;
  try {
    temporal = temporalSettingsOf(env);
  } catch (error) {
    problems.push(...(error as ConfigError).problems);
  }
  if (parsed.success) problems.push(...auditProblems(parsed.data));
  if (!parsed.success || !temporal || problems.length > 0) throw new ConfigError(problems);
  const v = parsed.data;
  const homeDir = resolve(v.BREAKWATER_HOME);
  return {
    ...(v.BREAKWATER_DATABASE_URL !== undefined && { databaseUrl: v.BREAKWATER_DATABASE_URL }),
    homeDir,
    stateDir: resolve(v.BREAKWATER_STATE_DIR ?? join(homeDir, 'state')),
    journalKeepsMs: v.BREAKWATER_JOURNAL_DAYS * 86_400_000,
    samplesKeptMs: v.BREAKWATER_SAMPLES_DAYS * 86_400_000,
    bucketsKeptMs: v.BREAKWATER_BUCKETS_DAYS * 86_400_000,
    sites: v.BREAKWATER_SITES,
    ...(v.BREAKWATER_SITE_ENVIRONMENTS !== undefined && { siteEnvironments: v.BREAKWATER_SITE_ENVIRONMENTS }),
    role: v.BREAKWATER_ROLE,
    taskQueue: v.BREAKWATER_TASK_QUEUE,
    slots: v.BREAKWATER_SLOTS,
    ...(v.BREAKWATER_BUILD_ID !== undefined && { buildId: v.BREAKWATER_BUILD_ID }),
    ...(v.BREAKWATER_ALIVE_FILE !== undefined && { aliveFile: resolve(v.BREAKWATER_ALIVE_FILE) }),
    ...(v.BREAKWATER_SECRETS_DIR !== undefined && { secretsDir: resolve(v.BREAKWATER_SECRETS_DIR) }),
    ...(v.BREAKWATER_KUBECONFIG !== undefined && {
      cluster: {
        kubeconfig: v.BREAKWATER_KUBECONFIG === 'in-cluster' ? 'in-cluster' : resolve(v.BREAKWATER_KUBECONFIG),
        ...(v.BREAKWATER_KUBE_CONTEXT !== undefined && { context: v.BREAKWATER_KUBE_CONTEXT }),
        protectedNamespaces: v.BREAKWATER_PROTECTED_NAMESPACES ?? [],
      },
    }),
    ...(v.BREAKWATER_POLICY !== undefined && { policyDir: resolve(v.BREAKWATER_POLICY) }),
    ...(v.BREAKWATER_REGO !== undefined && { regoBundle: resolve(v.BREAKWATER_REGO) }),
    ...(v.BREAKWATER_OPA_URL !== undefined && { opaUrl: v.BREAKWATER_OPA_URL }),
    ...(v.BREAKWATER_CHANGE_CONTROL !== undefined && { changeControlFile: resolve(v.BREAKWATER_CHANGE_CONTROL) }),
    gitops: gitopsOptionsOf(v),
    ...(v.BREAKWATER_JANITOR_EVERY !== 'off' && { janitorEveryMs: v.BREAKWATER_JANITOR_EVERY }),
    pager: {
      ...(v.BREAKWATER_PAGER_URL !== undefined && { url: v.BREAKWATER_PAGER_URL }),
      ...(v.BREAKWATER_PAGER_KEY !== undefined && { key: v.BREAKWATER_PAGER_KEY }),
    },
    ...approvalOptionsOf(v),
    ...loginOptionsOf(v, env),
    audit: auditOptionsOf(v),
    logLevel: v.BREAKWATER_LOG_LEVEL,
    api: {
      host: v.BREAKWATER_API_HOST,
      port: v.BREAKWATER_API_PORT,
      limits: apiLimitsOf(v),
      ...(v.BREAKWATER_API_TOKEN !== undefined && { token: v.BREAKWATER_API_TOKEN }),
      ...(v.BREAKWATER_ACCESS !== undefined && { accessFile: resolve(v.BREAKWATER_ACCESS) }),
    },
    temporal,
  };
}

/** The values that must be in no log, error or answer. */
export const secretsIn = ({ databaseUrl, api, apiAddress, pager, audit, temporal }: Config): string[] =>
  [databaseUrl, api.token, apiAddress?.identity, pager.url, audit.url, temporal.connection.apiKey].filter(
    (secret) => typeof secret === 'string',
  );

/** Where built and downloaded servers are kept between projects. */
export const cacheFolder = (env: Env = process.env): string => join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'breakwater');

/** One setting, for documentation and `--help`. */
export interface SettingDoc {
  name: string;
  summary: string;
  /** The value that holds when it is not set, if there is one. */
  default?: string;
}

/** @returns every setting with its meaning, in the order in which a person would want to read them */
export function describeConfig(): SettingDoc[] {
  const { BREAKWATER_SITE_ENVIRONMENTS: _noDefault, ...rest } = Variables.parse({});
  const defaults: Record<string, string | number | string[] | undefined> = rest;
  const own = Object.entries(variables).map(([name, schema]) => ({
    name,
    summary: schema.description ?? '',
    ...(defaults[name] !== undefined && { default: String(defaults[name]) }),
  }));
  const temporal = {
    name: 'TEMPORAL_ADDRESS',
    summary: "Temporal's frontend; with TEMPORAL_NAMESPACE, TEMPORAL_PROFILE, TEMPORAL_API_KEY and TEMPORAL_TLS_* as its CLI reads them",
    default: DEFAULT_TEMPORAL_ADDRESS,
  };
  return [...own, temporal];
}

function explain(issue: z.core.$ZodIssue, env: Env): string {
  const name = String(issue.path[0]);
  const value = secret.has(name) ? '(secret)' : `'${env[name]}'`;
  return `${name}=${value}: ${issue.message}. It means: ${variables[name as VariableName].description}`;
}

/** A misspelt name would silently leave its default in force. Labels, marks, named secrets and what the tests use are read elsewhere. */
function unknownNames(env: Env): string[] {
  return Object.keys(env)
    .filter((name) => /^BREAKWATER_(?!TEST_|REQUIRE_|SECRET_(?!S_DIR)|LABELS$|PROCESS$|MATRIX(_|$))/.test(name) && !(name in variables))
    .map((name) => `${name}: there is no such setting; remove it, or write one of ${Object.keys(variables).join(', ')}`);
}
