import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import * as z from 'zod';

/** Settings of a sandbox that was left running: how commands in the same folder find it. Mode 0600, because it holds passwords. */
const envFile = (homeDir: string): string => join(homeDir, 'sandbox', 'env.json');
const Settings = z.record(z.string(), z.string());
/** When one of these is set, somebody has chosen their own servers. */
const CHOSEN = ['TEMPORAL_ADDRESS', 'TEMPORAL_PROFILE', 'TEMPORAL_CONFIG_FILE', 'BREAKWATER_DATABASE_URL'];

export const writeSandboxEnv = (homeDir: string, settings: Record<string, string>): Promise<void> =>
  writeFile(envFile(homeDir), `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 });

export const removeSandboxEnv = (homeDir: string): Promise<void> => rm(envFile(homeDir), { force: true });

/**
 * The environment, with the settings of the sandbox of this folder where nothing else was chosen.
 * @throws Error when the file is damaged
 */
export function withSandboxEnv(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if (CHOSEN.some((name) => env[name])) return env;
  const file = envFile(resolve(env['BREAKWATER_HOME'] || '.breakwater'));
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return env; // no sandbox was left running here
  }
  try {
    return { ...env, ...Settings.parse(JSON.parse(text)) };
  } catch (cause) {
    throw new Error(`${file} is damaged; run \`breakwater down\` and \`breakwater up\` again`, { cause });
  }
}
