import { duration, utc } from './format.ts';

const LEADING = ['reason', 'why', 'rule', 'what', 'evidence', 'outcome', 'name', 'by'];
const MAX_LENGTH = 600;
/** September 2001: what is shorter is a duration. */
const LEAST_INSTANT_MS = 1e12;

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

function describe(value: unknown, depth: number): string {
  if (value === null || value === undefined) return 'none';
  if (typeof value === 'number') return String(Number(value.toPrecision(6)));
  if (typeof value === 'string' || typeof value === 'boolean') return String(value);
  if (depth > 3) return '…';
  if (Array.isArray(value)) return value.length ? value.map((item) => describe(item, depth + 1)).join(', ') : 'none';
  if (!isRecord(value)) return '…';
  // A target says who it is by its name.
  if (depth > 0 && typeof value.name === 'string' && 'identity' in value) return value.name;
  return fields(value, depth);
}

/** A number that is a time says so in its name: `atMs` is an instant, `inMs` a duration. */
function inTime(key: string, value: unknown): string | undefined {
  const [, name] = /^(\w+)Ms$/.exec(key) ?? [];
  if (name === undefined || typeof value !== 'number' || Math.abs(value) > 8.64e15) return undefined;
  if (value >= LEAST_INSTANT_MS) return `${name}: ${utc(value)}`;
  return value >= 0 ? `${name}: ${duration(value)}` : undefined;
}

function fields(data: Record<string, unknown>, depth: number): string {
  const rank = (key: string): number => (LEADING.includes(key) ? LEADING.indexOf(key) : LEADING.length);
  const entries = Object.entries(data).filter(([, value]) => value !== undefined);
  const sorted = entries.sort(([a], [b]) => rank(a) - rank(b));
  const words = sorted.map(([key, value]) => inTime(key, value) ?? `${key}: ${describe(value, depth + 1)}`);
  return depth > 0 && words.length > 1 ? `(${words.join('; ')})` : words.join('; ');
}

/** An event's data in one line of words, the reason first. Works for kinds that nobody here has heard of. */
export function describeData(data: Record<string, unknown>): string {
  const text = fields(data, 0);
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH - 1)}…` : text;
}

/** Events that decide something: who allowed, why this victim, why stopped. */
const DECISIONS = new Set([
  ...['ticket-noted', 'ticket-not-noted'],
  ...[
    'policy',
    'approval-requested',
    'approved',
    'rejected',
    'precondition',
    'steady-state',
    'victims-chosen',
    'victim-skipped',
    'fence-failed',
  ],
  ...['breach', 'abort', 'paused', 'resumed', 'leftover', 'judged', 'compared', 'closed'],
  ...['evidence', 'budget', 'wave-judged', 'approval-void', 'approval-refused', 'break-glass', 'refusal-foreseen', 'schedule'],
]);

export const isDecision = ({ kind }: { kind: string }): boolean => DECISIONS.has(kind);
