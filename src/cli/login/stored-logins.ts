import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { CliError, EXIT } from '../exit-codes.ts';
import { locked } from './lock.ts';
import { LoginFile, type Login } from './login-file.ts';

const FILE = 'logins.json';
const OTHERS = 0o077;
const OTHERS_WRITE = 0o022;
const MAX_BYTES = 4 * 1_024 * 1_024;

const refuse = (what: string, remedy: string): CliError => new CliError(EXIT.usage, what, remedy);

const isMine = (uid: number): boolean => process.getuid === undefined || uid === process.getuid();

/** Who may change the folder may put another file there. @throws CliError */
async function checkFolder(folder: string): Promise<void> {
  const { uid, mode } = await stat(folder);
  if (!isMine(uid)) throw refuse(`${folder} belongs to somebody else.`, 'Name a folder of your own with XDG_CONFIG_HOME.');
  if (mode & OTHERS_WRITE) throw refuse(`Others can change what is in ${folder}.`, `chmod 700 ${folder}`);
}

/** @throws CliError when others can read it, or it is not what was written */
async function contentOf(handle: FileHandle, path: string): Promise<LoginFile> {
  const { uid, mode, size } = await handle.stat();
  if (!isMine(uid)) throw refuse(`${path} belongs to somebody else.`, `Remove it, and log in again.`);
  if (mode & OTHERS)
    throw refuse(
      `Others can read or change ${path}, which holds your logins.`,
      `chmod 600 ${path}; if somebody else may have read it, log out and log in again.`,
    );
  const text = size > MAX_BYTES ? '' : await handle.readFile('utf8');
  const parsed = LoginFile.safeParse(jsonIn(text));
  if (parsed.success) return parsed.data;
  // Places and what is expected there; never what is there.
  const [issue] = parsed.error.issues;
  const place = (issue?.path ?? []).map(String).join(' → ');
  throw refuse(
    `${path} is not a file of logins${place === '' ? '' : `, at ${place}`}: ${issue?.code === 'custom' ? issue.message : 'it does not fit'}.`,
    `Remove it (rm ${path}), and log in again.`,
  );
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // a JSON error quotes what it read, which may be a token
  }
}

/** The logins of one person on this machine: a file that only they can read. */
export class StoredLogins {
  private readonly folder: string;
  private readonly path: string;

  /** @param folder where the file is; made when the first login is kept */
  constructor(folder: string) {
    this.folder = folder;
    this.path = join(folder, FILE);
  }

  /** @throws CliError when the file cannot be trusted or read */
  async read(): Promise<Record<string, Login>> {
    const handle = await open(this.path, 'r').catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return undefined;
      throw refuse(`${this.path} cannot be read: ${cause.code ?? cause.name}`, 'Make it yours (chown, chmod 600), or remove it.');
    });
    if (!handle) return {};
    try {
      await checkFolder(this.folder);
      return (await contentOf(handle, this.path)).logins;
    } finally {
      await handle.close();
    }
  }

  async of(api: string): Promise<Login | undefined> {
    const logins = await this.read();
    return Object.hasOwn(logins, api) ? logins[api] : undefined;
  }

  /**
   * Changes the login of one API, one process at a time: each sees what the one before it has written.
   * @param change gets what is kept, and answers with what shall be; undefined removes it, the same login leaves the file as it is
   */
  async change(api: string, change: (login: Login | undefined) => Promise<Login | undefined>): Promise<Login | undefined> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 }).catch((cause: NodeJS.ErrnoException) => {
      throw refuse(`${this.folder} cannot be made: ${cause.code ?? cause.name}`, 'Name another folder with XDG_CONFIG_HOME.');
    });
    await checkFolder(this.folder);
    return locked(join(this.folder, 'logins.lock'), async () => {
      const logins = await this.read();
      const before = Object.hasOwn(logins, api) ? logins[api] : undefined;
      const after = await change(before);
      if (after === before) return after;
      const { [api]: _, ...others } = logins;
      await this.write({ version: 1, logins: after === undefined ? others : { ...others, [api]: after } });
      return after;
    });
  }

  /** By a rename: whoever reads, or dies, in between finds the old file or the new one, whole. */
  private async write(content: LoginFile): Promise<void> {
    const draft = join(this.folder, `.${FILE}.${randomUUID()}`);
    try {
      const handle = await open(draft, 'wx', 0o600);
      try {
        await handle.writeFile(`${JSON.stringify(content, null, 2)}\n`);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(draft, this.path);
    } catch (cause) {
      await rm(draft, { force: true });
      const { code, name } = cause as NodeJS.ErrnoException;
      throw refuse(`${this.path} cannot be written: ${code ?? name}`, 'Make room, or name another folder with XDG_CONFIG_HOME.');
    }
  }
}
