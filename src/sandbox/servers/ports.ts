import { createServer } from 'node:net';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const HOST = '127.0.0.1';

/** @returns a port that is free on loopback now; somebody else may take it before it is used */
export const freePort = (): Promise<number> => listenOnce(0);

/**
 * Waits a second for the port: a killed process of many threads is seen as gone moments before its sockets close.
 * @throws Error naming the port, who holds it and what to do
 */
export async function mustBeFree(port: number, what: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const error = await listenOnce(port).then(
      () => undefined,
      (reason: NodeJS.ErrnoException) => reason,
    );
    if (!error) return;
    if (error.code !== 'EADDRINUSE') throw new Error(`Port ${port} for ${what} cannot be used: ${error.message}`, { cause: error });
    if (attempt === 20)
      throw new Error(`Port ${port} for ${what} is taken by ${await portOwner(port)}. Stop that, or choose another port.`);
    await sleep(50);
  }
}

/** @returns who listens on this loopback port, as far as this user may see it: `node (pid 123)` */
export async function portOwner(port: number): Promise<string> {
  const inodes = (await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map((file) => listeningInodes(file, port)))).flat();
  for (const pid of inodes.length > 0 ? await pids() : []) {
    if (await holdsSocket(pid, inodes)) return `${await commandOf(pid)} (pid ${pid})`;
  }
  return 'another process';
}

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, HOST, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port));
    });
  });
}

/** A line is `sl local remote state … inode`; 0A is LISTEN; addresses and ports are hexadecimal. */
async function listeningInodes(file: string, port: number): Promise<string[]> {
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n').slice(1);
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return lines.map((line) => line.trim().split(/\s+/)).flatMap((f) => (f[1]?.endsWith(suffix) && f[3] === '0A' && f[9] ? [f[9]] : []));
}

const pids = async () => (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));

async function holdsSocket(pid: string, inodes: string[]): Promise<boolean> {
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const links = await Promise.all(descriptors.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')));
  return links.some((link) => inodes.some((inode) => link === `socket:[${inode}]`));
}

const commandOf = async (pid: string) => (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'a process')).trim();
