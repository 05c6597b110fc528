import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where secrets come from. */
export interface SecretsOptions {
  /** A folder with one file per secret, as Kubernetes and systemd mount them. Asked first. */
  dir?: string;
  /** The environment: BREAKWATER_SECRET_<NAME>. */
  env: NodeJS.ProcessEnv;
}

/** Resolves secrets by name. Values are returned to activities only, and are in no error. */
export function createSecrets({ dir, env }: SecretsOptions) {
  return {
    /** @throws Error naming the secret and where it was looked for */
    async get(name: string): Promise<string> {
      if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(name)) throw new Error(`'${name}' is no name of a secret: letters, digits, _ and - only`);
      const fromFile = dir === undefined ? undefined : await readSecret(join(dir, name), name);
      const variable = `BREAKWATER_SECRET_${name.toUpperCase().replaceAll('-', '_')}`;
      const value = fromFile ?? env[variable];
      if (value !== undefined && value !== '') return value;
      throw new Error(
        `secret '${name}' is not there: expected the file ${join(dir ?? 'BREAKWATER_SECRETS_DIR', name)} or the variable ${variable}`,
      );
    },
  };
}

async function readSecret(path: string, name: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new Error(`secret '${name}' cannot be read from its file (${code ?? 'unknown error'})`);
  }
}
