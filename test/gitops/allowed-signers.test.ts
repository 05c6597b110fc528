import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkAllowedSigners } from '../../src/gitops/allowed-signers.ts';

/** As ssh-keygen writes it: its first bytes are the same for all. */
const newKey = (): string => {
  const raw = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  const head = Buffer.from('0000000b7373682d6564323535313900000020', 'hex');
  return `ssh-ed25519 ${Buffer.concat([head, raw]).toString('base64')}`;
};
const [ann, bob] = [newKey(), newKey()];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-signers-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});
const check = (...lines: string[]): Promise<void> => {
  const file = join(folder, 'allowed_signers');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return checkAllowedSigners(file);
};

test('one address for each key; an address may have several keys, and a line may have options', () =>
  check(
    '# ours',
    '',
    `ann@example.com namespaces="git" ${ann} ann`,
    `"bob@example.com" ${bob}`,
    `bob@example.com valid-before="20300101",namespaces="git" ${newKey()}`,
    `ANN@example.com ${ann}`,
    `*@example.com cert-authority ${newKey()}`,
  ));

test.each([
  ['several names', [`ann@example.com,bob@example.com ${ann}`], ':1: ann@example.com,bob@example.com: expected one e-mail address'],
  ['a pattern', [`*@example.com namespaces="git" ${ann}`], 'neither a list nor a pattern'],
  ['a negated pattern', [`"*,!bob@example.com" ${ann}`], 'neither a list nor a pattern'],
  ['no address', [`ann ${ann}`], 'expected one e-mail address'],
  ['a key of two', [`ann@example.com ${ann}`, `bob@example.com ${ann}`], ':2: the key of bob@example.com is that of ann@example.com, too'],
  ['no key', ['ann@example.com'], 'expected one e-mail address'],
  ['half a key', ['ann@example.com ssh-ed25519 AAAA'], 'there is no public key'],
])('%s is refused, with its line', async (_what, lines, message) => {
  await expect(check(...lines)).rejects.toThrow(message);
});

test('a file that is not there', () => expect(checkAllowedSigners(join(folder, 'none'))).rejects.toThrow('--allowed-signers: ENOENT'));
