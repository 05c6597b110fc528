import { describeNeed } from '../domain/kubernetes/access.ts';
import { grantOf, type AccessReport } from '../domain/kubernetes/grant.ts';
import { plainText } from './plain-text.ts';
import type { Terminal } from './terminal.ts';

type Paint = Terminal['paint'];

/** YAML keeps its lines, each made harmless. */
const yamlLines = (yaml: string): string[] => yaml.trimEnd().split('\n').map(plainText);

/** What to apply and to type for what is missing; nothing when nothing is. */
export function grantLines(report: AccessReport, experiment: string): string[] {
  const grant = report.unknown === undefined ? grantOf(report, experiment) : undefined;
  if (!grant) return [];
  const who = plainText(report.user ?? 'the user of this site');
  return [
    `# kubectl apply -f this, and bind it to ${who}:`,
    ...grant.commands.map((command) => `#   ${plainText(command)}`),
    ...yamlLines(grant.roles),
  ];
}

/** What a plan says of the site's access to its cluster. */
export function accessLines(report: AccessReport | undefined, experiment: string, paint: Paint): string[] {
  if (!report) return [];
  const { user = 'unknown', needs, unknown } = report;
  const missing = needs.filter(({ allowed }) => !allowed);
  const head = ['', 'Access to the cluster'];
  if (unknown !== undefined) return [...head, `  ${paint('red', 'not known')}: ${plainText(unknown)}`];
  if (missing.length === 0) return [...head, `  ${paint('green', `all ${needs.length} verbs`)} are granted to ${plainText(user)}`];
  return [
    ...head,
    ...missing.map((need) => `  ${paint('red', 'missing')}  ${plainText(describeNeed(need))}`),
    `  ${plainText(user)} may not do this: a run would be denied, and nobody was looked for`,
    '',
    ...grantLines(report, experiment),
  ];
}

/** Whether the site may do all that the experiment needs; true when it needs no cluster. */
export const isGranted = (report: AccessReport | undefined): boolean => report?.needs.every(({ allowed }) => allowed) ?? true;
