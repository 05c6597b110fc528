import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Longest name of a source: what it is put in front of has limits of its own. */
const LONGEST = 200;

/**
 * By what a sync is known when it was given no name: host and whole path of its repository, or where it lies on this machine, and the folder.
 * Two repositories whose last part is the same are two: one would prune what the other put in force. User and password are never a part of it.
 * @param address of the remote, or the working tree where there is none
 * @param root   of the working tree, to which a relative address belongs
 * @param prefix the folder in its repository, with slashes
 * @returns `git.example.com/payments/chaos/experiments`: letters, digits and `_ . / -`; what had to be changed for that ends in a digest
 */
export function sourceOf(address: string, root: string, prefix: string): string {
  const repository = repositoryOf(address, root)
    .replace(/\/+$/, '')
    .replace(/\.git$/, '');
  const whole = [repository, prefix].filter(Boolean).join('/');
  const legal = whole.replaceAll(/[^\w./-]/g, '-');
  if (legal === whole && whole.length <= LONGEST) return whole;
  return `${legal.slice(0, LONGEST - 13)}-${createHash('sha256').update(whole).digest('hex').slice(0, 12)}`;
}

function repositoryOf(address: string, root: string): string {
  if (/^file:/i.test(address)) return pathIn(address);
  if (/^[a-z][\w+.-]*:\/\//i.test(address)) return hostAndPath(address);
  const [, host, path] = /^(?:[^/]*@)?([^/:@]+):(?!:)(.*)$/s.exec(address) ?? [];
  return host === undefined || path === undefined ? resolve(root, address) : joined(host, path);
}

function hostAndPath(address: string): string {
  if (!URL.canParse(address)) return joined('unreadable', address.replace(/[?#].*$/s, '').replace(/^.*(@|:\/\/)/s, ''));
  const { protocol, hostname, port, pathname } = new URL(address);
  const isUsual = port === '' || (protocol === 'ssh:' && port === '22');
  return joined(isUsual ? hostname : `${hostname}-${port}`, pathname);
}

const joined = (host: string, path: string): string => `${host.toLowerCase()}/${path.replace(/^\/+/, '')}`;

function pathIn(address: string): string {
  try {
    return fileURLToPath(address);
  } catch {
    return hostAndPath(address);
  }
}
