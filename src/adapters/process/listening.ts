import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** State 0A of `/proc/net/tcp` is TCP_LISTEN (include/net/tcp_states.h). */
const LISTEN = '0A';

/** Socket inode → port, for those of the given ports that something listens on in this network namespace. */
export function listeningInodes(ports: readonly number[]): Map<string, number> {
  if (ports.length === 0) return new Map();
  return new Map([...allListeningInodes()].filter(([, port]) => ports.includes(port)));
}

/** Socket inode → port, for everything that listens in this network namespace. */
export function allListeningInodes(): Map<string, number> {
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].filter((path) => existsSync(path)).map((path) => readFileSync(path, 'utf8'));
  return new Map(tables.flatMap(parseTcpTable));
}

/** Inode and port of each listening socket of a `/proc/net/tcp` table. */
export function parseTcpTable(table: string): [inode: string, port: number][] {
  const rows = table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/));
  return rows.flatMap((row): [string, number][] => {
    const [port, state, inode] = [row[1]?.split(':')[1], row[3], row[9]];
    return state === LISTEN && port && inode && inode !== '0' ? [[inode, parseInt(port, 16)]] : [];
  });
}

/** Which of these sockets a process holds. @throws when its open files may not be read */
export function portsOf(pid: number, inodes: Map<string, number>): number[] {
  const held = readdirSync(`/proc/${pid}/fd`).map((fd) => socketOf(`/proc/${pid}/fd/${fd}`));
  return [...new Set(held.flatMap((inode) => (inode === undefined ? [] : (inodes.get(inode) ?? []))))];
}

function socketOf(path: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(path))?.[1];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined; // closed while we looked
    throw error;
  }
}
