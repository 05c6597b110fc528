import { escapeMarkdown, table } from '../markdown-table.ts';
import { TITLE } from './html.ts';
import type { RunsReport } from './model.ts';
import { SECTIONS } from './sections.ts';
import { scopeFacts, summaryOf, warningsOf } from './summary.ts';

/** The report over many runs as GitHub-flavoured Markdown. Times are UTC. */
export function renderRunsMarkdown(report: RunsReport): string {
  const warnings = warningsOf(report).map((text) => `- ${escapeMarkdown(text)}`);
  const sections = SECTIONS.map((of) => of(report)).flatMap(({ title, note, heads, rows, none }) => [
    `## ${escapeMarkdown(title)}`,
    ...(note === undefined ? [] : [escapeMarkdown(note)]),
    table(heads, rows, none),
  ]);
  const parts = [
    `# ${TITLE}`,
    `**${escapeMarkdown(summaryOf(report))}**`,
    ...(warnings.length ? [warnings.join('\n')] : []),
    table(['Fact', 'Value'], scopeFacts(report), ''),
    ...sections,
  ];
  return `${parts.join('\n\n')}\n`;
}
