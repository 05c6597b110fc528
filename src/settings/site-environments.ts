import * as z from 'zod';
import { Name } from '../domain/experiment/metadata.ts';
import type { SiteEnvironments } from '../domain/site-environments.ts';

const EXPECTED = 'expected sites with their environments, such as eu-1=production,dev=staging|development';

/** `eu-1=production,dev=staging|development`: what is not read as a whole is refused, because what is left out would be denied. */
const SiteEnvironmentList = z.string().transform((text, context): SiteEnvironments => {
  const held = new Map<string, string[]>();
  for (const entry of text.split(',')) {
    const [site = '', list = '', ...more] = entry.split('=').map((part) => part.trim());
    const names = list.split('|').map((name) => name.trim());
    const isRight = more.length === 0 && /^[a-z0-9][a-z0-9-]*$/.test(site) && names.every((name) => Name.safeParse(name).success);
    if (!isRight) context.addIssue(`${EXPECTED}; found '${entry.trim()}'`);
    else if (held.has(site)) context.addIssue(`site ${site} is named twice: write its environments together, ${site}=a|b`);
    else held.set(site, names);
  }
  return Object.fromEntries(held);
});

/** Which environments the sites hold. Control workers and site workers read it each for themselves. */
export const siteVariables = {
  BREAKWATER_SITE_ENVIRONMENTS: SiteEnvironmentList.optional().describe(
    'environments that each site holds, such as eu-1=production,dev=staging|development: a control worker denies runs of another environment, and a site’s own worker refuses them. Once set, a site that is not named is denied; without it any environment may name any site',
  ),
};
