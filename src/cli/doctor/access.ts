import { describeNeed } from '../../domain/kubernetes/access.ts';
import { grantOf, type AccessReport } from '../../domain/kubernetes/grant.ts';
import { grantLines, isGranted } from '../access-view.ts';
import { fail, ok, type Finding } from './finding.ts';

const GRANTED = 'access to the cluster';

/**
 * What the site may do in its cluster.
 * @param isEach a finding for each verb; otherwise one for all
 */
export function checkAccess(report: AccessReport | undefined, experiment: string, isEach: boolean): Finding[] {
  if (!report) return isEach ? [ok(GRANTED, 'nothing in this experiment needs a cluster')] : [];
  if (report.unknown !== undefined)
    return [fail(GRANTED, `not known: ${report.unknown}`, 'look at BREAKWATER_KUBECONFIG of the site’s worker')];
  const { user = 'the user of this site', needs } = report;
  const count = `${needs.filter(({ allowed }) => allowed).length} of ${needs.length} verbs are granted to ${user}`;
  const verbs = isEach ? needs.map((need) => judge(need.allowed, `may ${describeNeed(need)}`)) : [];
  if (isGranted(report)) return [...verbs, ok(GRANTED, count)];
  const commands = grantOf(report, experiment)?.commands.join('; ') ?? '';
  const attachment = grantLines(report, experiment);
  return [...verbs, { ...fail(GRANTED, count, `apply the Role below, then: ${commands}`), attachment }];
}

const judge = (isAllowed: boolean, check: string): Finding =>
  isAllowed ? ok(check, 'yes') : fail(check, 'no', 'the Role that grants it is at the end');
