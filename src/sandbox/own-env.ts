import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Settings by which a Breakwater signs, calls people, is chosen by Temporal and knows its sites: a throw-away one must do none of it in another's name. */
const OF_ANOTHER = [
  'BREAKWATER_APPROVAL_KEY',
  'BREAKWATER_APPROVAL_PUBLIC_KEYS',
  'BREAKWATER_API_URL',
  'BREAKWATER_API_IDENTITY',
  'BREAKWATER_AUDIT_KEY',
  'BREAKWATER_AUDIT_CHECKPOINTS',
  'BREAKWATER_AUDIT_URL',
  'BREAKWATER_PAGER_URL',
  'BREAKWATER_PAGER_KEY',
  'BREAKWATER_BUILD_ID',
  'BREAKWATER_SITE_ENVIRONMENTS',
];

/**
 * What overrides the settings of another Breakwater in an environment: an empty value counts as not set. Without a file of its own Temporal's
 * configuration would be that of the user.
 * @param dir a configuration file of Temporal that says nothing is written there
 */
export async function ownEnv(env: NodeJS.ProcessEnv, dir: string): Promise<Record<string, string>> {
  const temporal = Object.keys(env).filter((name) => name.startsWith('TEMPORAL_'));
  const configFile = join(dir, 'temporal.toml');
  await writeFile(configFile, '[profile.default]\n'); // an empty one cannot be read (envconfig 1.24)
  return { ...Object.fromEntries([...OF_ANOTHER, ...temporal].map((name) => [name, ''])), TEMPORAL_CONFIG_FILE: configFile };
}
