/** Which environments each site holds. A site that is not named holds none. */
export type SiteEnvironments = Readonly<Record<string, readonly string[]>>;

/** The environments of a site; undefined when nobody said which site holds what. */
export const environmentsOf = (all: SiteEnvironments | undefined, site: string): readonly string[] | undefined =>
  all && (Object.hasOwn(all, site) ? all[site] : []);

/**
 * Why a site is not to be touched in the name of an environment.
 * @param held environments of the site; undefined: nobody said, and nothing is refused
 * @param environment what the run says of itself; undefined: nothing, as what earlier versions sent
 */
export function whyForeign(held: readonly string[] | undefined, site: string, environment: string | undefined): string | undefined {
  if (held === undefined || (environment !== undefined && held.includes(environment))) return undefined;
  const holds = held.length === 0 ? `site ${site} is not named in BREAKWATER_SITE_ENVIRONMENTS` : `site ${site} holds ${held.join(', ')}`;
  return environment === undefined
    ? `${holds}, and nothing says of which environment this is`
    : `${holds}, and the experiment is of ${environment}`;
}
