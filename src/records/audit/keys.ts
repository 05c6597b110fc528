import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { AuditError } from './error.ts';

/** The pair that signs checkpoints. Ed25519. */
export interface SigningKey {
  privateKey: KeyObject;
  publicKey: KeyObject;
  keyId: string;
}

/** SHA-256 of a public key (DER), in hex: how a checkpoint names the key that it was signed with. */
export const keyIdOf = (publicKey: KeyObject): string =>
  createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');

/** Reads a PEM. What is in the file is never in a message. */
async function readKey(file: string, what: string, parse: (pem: string) => KeyObject): Promise<KeyObject> {
  const pem = await readFile(file, 'utf8').catch((cause: Error) => {
    throw new AuditError(`the ${what} cannot be read: ${cause.message}`);
  });
  let key: KeyObject | undefined;
  try {
    key = parse(pem);
  } catch {
    // said below
  }
  if (key?.asymmetricKeyType !== 'ed25519')
    throw new AuditError(`${file} holds no ${what} (Ed25519, PEM); \`breakwater audit keygen\` makes a pair`);
  return key;
}

/** @throws AuditError when the file holds no private Ed25519 key */
export async function readSigningKey(file: string): Promise<SigningKey> {
  const privateKey = await readKey(file, 'private key', createPrivateKey);
  const publicKey = createPublicKey(privateKey);
  return { privateKey, publicKey, keyId: keyIdOf(publicKey) };
}

/** @throws AuditError when the file holds no public Ed25519 key */
export const readPublicKey = (file: string): Promise<KeyObject> =>
  readKey(file, 'public key', (pem) => {
    // Node would derive it from a private key, too: whoever verifies should have none.
    if (pem.includes('PRIVATE')) throw new TypeError('a private key');
    return createPublicKey(pem);
  });

/**
 * Reads the public keys of a file that may hold several, one PEM after the other.
 * @throws AuditError when it cannot be read, holds none, or anything else than public Ed25519 keys
 */
export async function readPublicKeys(file: string): Promise<KeyObject[]> {
  const text = await readFile(file, 'utf8').catch((cause: Error) => {
    throw new AuditError(`the public keys cannot be read: ${cause.message}`);
  });
  const blocks = text.match(/-----BEGIN ([A-Z0-9 ]+)-----[^-]*-----END \1-----/g) ?? [];
  const begun = text.match(/-----BEGIN/g)?.length ?? 0;
  if (blocks.length === 0 || blocks.length !== begun)
    throw new AuditError(`${file} holds no public keys (Ed25519, PEM, one after the other)`);
  return blocks.map((pem) => publicKeyIn(pem, file));
}

/** The public keys of several such files. @throws AuditError as that does */
export const readPublicKeyFiles = async (files: readonly string[]): Promise<KeyObject[]> =>
  (await Promise.all(files.map(readPublicKeys))).flat();

function publicKeyIn(pem: string, file: string): KeyObject {
  const wrong = new AuditError(`${file}: one of its keys is no public Ed25519 key (PEM); \`breakwater audit keygen\` makes a pair`);
  if (!pem.startsWith('-----BEGIN PUBLIC KEY-----')) throw wrong;
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    throw wrong;
  }
  if (key.asymmetricKeyType !== 'ed25519') throw wrong;
  return key;
}

/** Makes a pair: `file` is the private key (mode 0600), `file.pub` the public one. What is there already stays. @returns the id of the key */
export async function writeNewKey(file: string): Promise<string> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const write = (path: string, pem: string | Buffer, mode: number): Promise<void> =>
    writeFile(path, pem, { flag: 'wx', mode }).catch((cause: Error) => {
      throw new AuditError(`no key was written: ${cause.message}`);
    });
  await write(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), 0o600);
  await chmod(file, 0o600);
  await write(`${file}.pub`, publicKey.export({ type: 'spki', format: 'pem' }), 0o644);
  return keyIdOf(publicKey);
}
