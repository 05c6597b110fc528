import { readFile } from 'node:fs/promises';
import { isOneAddress } from './commits.ts';
import { SyncRefused } from './error.ts';

/**
 * Looks through a file of allowed signers (ssh-keygen(1), ALLOWED SIGNERS): each key belongs to one e-mail address. A key under two names could
 * review what it has written itself. Lines of certificate authorities may name patterns: who signs is then in the certificate.
 * @throws SyncRefused that names the line
 */
export async function checkAllowedSigners(file: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch((cause: Error) => {
    throw new SyncRefused(`--allowed-signers: ${cause.message}`);
  });
  const owners = new Map<string, string>();
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const wrong = (why: string) => new SyncRefused(`${file}:${i + 1}: ${why}`);
    const [, quoted, plain = '', rest = ''] = /^\s*(?:"([^"]*)"|(\S+))\s+(.*)$/.exec(line) ?? [];
    const name = (quoted ?? plain).toLowerCase();
    if (/(^|,)cert-authority\b/i.test(rest)) continue;
    if (!isOneAddress(name))
      throw wrong(`${name.slice(0, 100)}: expected one e-mail address for the key, and neither a list nor a pattern`);
    const key = /\b(?:sk-)?(?:ssh|ecdsa)-\S+\s+([A-Za-z0-9+/=]{40,})/.exec(rest)?.[1];
    if (key === undefined) throw wrong('there is no public key');
    const owner = owners.get(key) ?? name;
    if (owner !== name) throw wrong(`the key of ${name} is that of ${owner}, too: whoever has it would review what they wrote`);
    owners.set(key, name);
  }
}
