import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mask } from '../domain/mask.ts';

/** Where secrets come from. */
export interface SecretsOptions {
  /** A folder with one file per secret, as Kubernetes and systemd mount them. Asked first. */
  dir?: string;
  /** A site that has a folder of its name in `dir` gets its secrets from there and from nowhere else: another's do not fit, and are not shown to it. */
  site?: string;
  /** The environment: BREAKWATER_SECRET_<NAME>. */
  env: NodeJS.ProcessEnv;
  /** Learns every value that is handed out, so that no log and no history repeats it. */
  mask?: Mask;
}

/** Resolves secrets by name. Values are returned to activities only, and are in no error. */
export function createSecrets({ dir, site, env, mask }: SecretsOptions) {
  const ownDir = dir !== undefined && site !== undefined ? join(dir, site) : undefined;
  /** @throws Error naming the secret and where it was looked for */
  async function find(name: string): Promise<string> {
    if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(name)) throw new Error(`'${name}' is no name of a secret: letters, digits, _ and - only`);
    if (ownDir !== undefined && (await isFolder(ownDir))) {
      const own = await readSecret(join(ownDir, name), name);
      if (own !== undefined && own !== '') return own;
      throw new Error(
        `secret '${name}' is not there: expected the file ${join(ownDir, name)}, because site ${site} has a folder of its own`,
      );
    }
    const fromFile = dir === undefined ? undefined : await readSecret(join(dir, name), name);
    const variable = `BREAKWATER_SECRET_${name.toUpperCase().replaceAll('-', '_')}`;
    const value = fromFile ?? env[variable];
    if (value !== undefined && value !== '') return value;
    throw new Error(
      `secret '${name}' is not there: expected the file ${join(dir ?? 'BREAKWATER_SECRETS_DIR', name)} or the variable ${variable}`,
    );
  }
  return {
    /** @throws Error naming the secret and where it was looked for */
    async get(name: string): Promise<string> {
      const value = await find(name);
      mask?.learn(value);
      return value;
    },
  };
}

/** @throws Error naming the folder when nobody can tell */
async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    throw new Error(`the folder ${path} cannot be looked at (${code ?? 'unknown error'})`);
  }
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
