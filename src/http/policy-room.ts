import type { SiteEnvironments } from '../domain/site-environments.ts';
import type { PolicySource } from '../policy/policy.ts';
import type { RegoPort } from '../policy/rego.ts';

/** The policy as this process is told of it; workers may be told of another. */
export interface PolicyRoom {
  siteEnvironments?: SiteEnvironments;
  policies?: PolicySource;
  rego?: RegoPort;
  /** Address of a running OPA, which workers ask and the API does not. */
  opa?: string;
}

/** What the settings say of policy. */
export interface PolicySettings {
  siteEnvironments?: SiteEnvironments;
  policyDir?: string;
  regoBundle?: string;
  opaUrl?: string;
}

/** Opens what the settings name. Files are loaded when somebody asks: calendars and holidays take some 40 MB. */
export async function openPolicyRoom({ siteEnvironments, policyDir, regoBundle, opaUrl }: PolicySettings): Promise<PolicyRoom> {
  let opened: Promise<PolicySource> | undefined;
  const policies = (folder: string): PolicySource => {
    const open = (): Promise<PolicySource> => (opened ??= import('../policy/folder.ts').then(({ openPolicies }) => openPolicies(folder)));
    return async () => (await open())();
  };
  return {
    ...(siteEnvironments && { siteEnvironments }),
    ...(policyDir !== undefined && { policies: policies(policyDir) }),
    ...(regoBundle !== undefined && { rego: (await import('../policy/bundle/open.ts')).openRego(regoBundle) }),
    ...(opaUrl !== undefined && { opa: opaUrl }),
  };
}
