import { loadClientConfigProfile, loadClientConnectConfig, type ClientConnectConfig } from '@temporalio/envconfig';
import { withoutEmpty, type Env } from './env.ts';
import { ConfigError } from './error.ts';

export const DEFAULT_TEMPORAL_ADDRESS = '127.0.0.1:7233';

/** How to reach Temporal, and whether anybody said so. */
export interface TemporalSettings {
  /** Whether a TEMPORAL_* variable or a profile names the address; otherwise it is the default one. */
  given: boolean;
  address: string;
  namespace: string;
  /** For `NativeConnection.connect` and `Connection.connect`; holds secrets. */
  connection: ClientConnectConfig['connectionOptions'];
}

/**
 * Reads the connection as Temporal's own CLI does: TEMPORAL_* variables and its configuration file.
 * @throws ConfigError when the file or the profile cannot be read
 */
export function temporalSettingsOf(env: Env): TemporalSettings {
  const overrideEnvVars = withoutEmpty(env);
  try {
    const { connectionOptions, namespace } = loadClientConnectConfig({ overrideEnvVars });
    const { address } = loadClientConfigProfile({ overrideEnvVars });
    return {
      given: address !== undefined,
      address: address ?? DEFAULT_TEMPORAL_ADDRESS,
      namespace: namespace ?? 'default',
      connection: { ...connectionOptions, address: address ?? DEFAULT_TEMPORAL_ADDRESS },
    };
  } catch (error) {
    const file = overrideEnvVars['TEMPORAL_CONFIG_FILE'] ?? "Temporal's configuration file";
    const profile = overrideEnvVars['TEMPORAL_PROFILE'] ?? 'default';
    throw new ConfigError([
      `TEMPORAL_*: ${file}, profile '${profile}': ${(error as Error).message}; correct TEMPORAL_CONFIG_FILE or TEMPORAL_PROFILE, or set TEMPORAL_ADDRESS`,
    ]);
  }
}
