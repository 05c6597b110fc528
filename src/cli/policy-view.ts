import type { OutsideSay } from '../policy/answer.ts';
import type { RuleJudgement } from '../policy/evaluate.ts';
import type { Explained } from '../policy/explain.ts';
import type { PolicyTest } from '../policy/test-policies.ts';
import { plainText } from './plain-text.ts';
import type { Terminal } from './terminal.ts';

type Paint = Terminal['paint'];

const percent = (share: number): string => `${Math.floor(share * 1_000) / 10}%`;

/** Failures as a difference: what was expected and did not deny, what denied and was not expected. Then what no case needs. */
export function testLines({ results, coverage, covered }: PolicyTest, paint: Paint): string[] {
  const failed = results.filter(({ passed }) => !passed);
  const idle = coverage.filter(({ decides }) => decides === 0);
  return [
    ...failed.flatMap(({ file, line, name, missing, unexpected }) => [
      `${paint('red', 'FAIL')}  ${plainText(file)}:${line}  ${plainText(name)}`,
      ...missing.map((rule) => `      ${paint('red', '-')} ${plainText(rule)}: was expected to deny, and did not`),
      ...unexpected.map((denial) => `      ${paint('red', '+')} ${plainText(denial)}`),
    ]),
    ...idle.map(({ demand }) => `${paint('yellow', 'idle')}  ${plainText(demand)}: no case would notice if it were gone`),
    `${results.length - failed.length} of ${results.length} cases pass; ${coverage.length - idle.length} of ${coverage.length} demands decide a case (${percent(covered)})`,
  ];
}

/** A demand as its file states it, in one line. */
const limitOf = (limit: unknown): string => (typeof limit === 'string' ? limit : JSON.stringify(limit)).slice(0, 160);

function ruleLines({ rule, waves, judgements }: RuleJudgement, paint: Paint): string[] {
  if (waves.length === 0) return [`${paint('dim', 'n/a ')}  ${plainText(rule.name)}: is not about this plan`];
  const about = `${plainText(rule.name)}  waves ${[...new Set(waves.map(({ name }) => name))].join(', ')}`;
  const names = [...new Set(judgements.map(({ constraint }) => constraint))];
  const demands = names.map((name) => {
    const objection = judgements.find(({ constraint, objection: said }) => constraint === name && said)?.objection;
    const limit = plainText(limitOf(rule.rule[name]));
    if (!objection) return `      ${name}: holds, ${limit}`;
    return `      ${paint('red', name)}: ${plainText(objection.reason)}${objection.value === undefined ? '' : ` (found ${plainText(objection.value)}; ${plainText(objection.limit ?? limit)})`}`;
  });
  const isDenied = judgements.some(({ objection }) => objection);
  return [`${isDenied ? paint('red', 'deny') : paint('green', 'ok  ')}  ${about}`, ...demands];
}

function outsideLines({ who, identity, denials }: OutsideSay, paint: Paint): string[] {
  const about = `${who} ${who === 'opa' ? plainText(identity) : identity.slice(0, 12)}`;
  if (denials.length === 0) return [`${paint('green', 'ok  ')}  ${about}`];
  return [`${paint('red', 'deny')}  ${about}`, ...denials.map(({ reason }) => `      ${plainText(reason)}`)];
}

/** Which rule decides what, for one plan. */
export function explainLines({ decision, guardrails, judged, outside }: Explained, paint: Paint): string[] {
  return [
    ...guardrails.map(({ rule, reason }) => `${paint('red', 'deny')}  ${rule} (guardrail): ${plainText(reason)}`),
    ...(guardrails.length === 0 ? [`${paint('green', 'ok  ')}  guardrails in code`] : []),
    ...judged.flatMap((one) => ruleLines(one, paint)),
    ...outside.flatMap((say) => outsideLines(say, paint)),
    '',
    `${decision.allowed ? paint('green', 'allowed') : paint('red', 'denied')} at ${new Date(decision.atMs).toISOString()}; policy ${decision.policyDigest.slice(0, 12)}, input ${decision.inputDigest.slice(0, 12)}`,
    ...[...new Set(judged.filter(({ judgements }) => judgements.some(({ objection }) => objection)).map(({ rule }) => rule.contact))].map(
      (contact) => `ask ${plainText(contact)}`,
    ),
  ];
}
