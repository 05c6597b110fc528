import type { LedgerState } from '../domain/ledger/state.ts';
import { percent } from '../domain/percent.ts';
import { escapeMarkdown } from './details.ts';

const MAX_DETAILS = 4_000;
/** Entries of each list. */
const MOST = 10;

/** The ledger in Markdown, for Temporal Web: a halt first. */
export function describeLedger(environment: string, { halt, holds, queue, coolDowns, limits, notes }: LedgerState): string {
  const most = <T>(items: readonly T[], line: (item: T) => string): string[] => items.slice(0, MOST).map(line);
  const clock = (ms: number): string => new Date(ms).toISOString();
  const lines = [
    ...(halt ? [`**${halt.kind}** since ${clock(halt.atMs)} by ${escapeMarkdown(halt.by)}: ${escapeMarkdown(halt.reason)}`] : []),
    `ledger of **${escapeMarkdown(environment)}**: ${holds.length} hold, ${queue.length} wait; ${limits.perScope} per scope, ${limits.maxConcurrentVictims} victims at once`,
    ...most(
      holds,
      ({ holder, scopes, wave }) =>
        `- holds: ${escapeMarkdown(holder)}: ${escapeMarkdown(scopes.join(', '))}${wave ? `, in wave ${escapeMarkdown(wave.name)}` : ''}${wave?.budget ? `, reserves ${percent(wave.budget.cost)} of the error budget of ${escapeMarkdown(wave.budget.slo)}` : ''}`,
    ),
    ...most(queue, ({ holder, scopes }) => `- waits: ${escapeMarkdown(holder)}: ${escapeMarkdown(scopes.join(', '))}`),
    ...most(coolDowns, ({ scope, untilMs }) => `- cools down: ${escapeMarkdown(scope)} until ${clock(untilMs)}`),
    ...notes.slice(-MOST).map(({ atMs, text }) => `- ${clock(atMs)} ${escapeMarkdown(text)}`),
  ];
  return lines.join('\n\n').slice(0, MAX_DETAILS);
}
