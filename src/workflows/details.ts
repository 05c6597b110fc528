import { describeApproved } from '../domain/approval.ts';
import { describeQueued, type RunState } from '../domain/run.ts';

/** Temporal Web shows 4 KB of details at most. */
const MAX_DETAILS = 4_000;

/** Makes user text harmless inside Markdown. */
export const escapeMarkdown = (text: string): string => text.replace(/[\\`*_{}[\]()#+!|<>&~]/g, (mark) => `\\${mark}`).replace(/\s+/g, ' ');

/** The run in Markdown, for Temporal Web: what matters first. */
export function describeRun(state: RunState): string {
  const { phase, wave, iteration, decision, awaiting, awaitingFor, queued, paused, aborted, leftovers, victims } = state;
  const lines = [
    decision
      ? `**${decision.verdict}**: ${escapeMarkdown(decision.reason)}`
      : `phase: **${phase}**${wave === undefined ? '' : `, wave **${wave}**, iteration ${(iteration ?? 0) + 1}`}`,
    ...(awaiting === undefined
      ? []
      : [
          `waits for approval: ${escapeMarkdown(awaiting)}${awaitingFor ? ` ${describeApproved(awaitingFor)}` : ''} (digest \`${state.digest ?? ''}\`)`,
        ]),
    ...(queued ? [`waits for the ledger: ${escapeMarkdown(describeQueued(queued))}`] : []),
    ...(paused ? [`paused by ${escapeMarkdown(paused.by)}`] : []),
    ...(aborted ? [`aborted by ${escapeMarkdown(aborted.by)}: ${escapeMarkdown(aborted.reason ?? 'no reason given')}`] : []),
    ...leftovers.map((what) => `**left behind**: ${escapeMarkdown(what)}`),
    ...victims.map(
      ({ wave: where, name, injection, undone }) =>
        `- ${where}: ${escapeMarkdown(name)}: ${injection?.outcome ?? 'ordered'}${undone ? ', undone' : ''}`,
    ),
  ];
  return lines.join('\n\n').slice(0, MAX_DETAILS);
}
