import { environmentsOf, whyForeign, type SiteEnvironments } from '../domain/site-environments.ts';
import type { Facts } from './facts.ts';

/** Why a rule denies, with the value and the remedy; undefined when it has nothing against the plan. */
export type Guardrail = (facts: Facts) => string | undefined;

const isProduction = ({ environment }: Facts): boolean => environment.startsWith('prod');

/** The guardrail that a setting gives its values. */
export const SITE_ENVIRONMENT = 'site-environment';

/** Rules in code. No file, flag or role lifts them. */
export const guardrails: Record<string, Guardrail> = {
  'production-needs-approval': (facts) =>
    isProduction(facts) && facts.approvalsRequired < 1
      ? `environment ${facts.environment} needs at least one approval: write \`approvals: { required: 1 }\``
      : undefined,
  'production-needs-ticket': (facts) =>
    isProduction(facts) && !facts.ticket
      ? `environment ${facts.environment} needs a ticket: write \`metadata: { ticket: CHG-… }\``
      : undefined,
  'no-regulated-data': ({ dataClass }) =>
    ['pci', 'phi'].includes(dataClass) ? `targets with data class ${dataClass} must not be experimented on` : undefined,
  'no-scaled-time-in-production': (facts) =>
    isProduction(facts) && facts.timeScale !== 1
      ? `time scale ${facts.timeScale} would shorten stop conditions and cool-downs in production: use 1`
      : undefined,
};

/** What holds: the rules in code, and, where somebody said which environments the sites hold, that a site is named by no other. */
export const guardrailsWith = (siteEnvironments: SiteEnvironments | undefined): Record<string, Guardrail> =>
  siteEnvironments
    ? {
        ...guardrails,
        [SITE_ENVIRONMENT]: ({ site, environment }) => whyForeign(environmentsOf(siteEnvironments, site), site, environment),
      }
    : guardrails;
