import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, posix } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { parse as parseYaml } from 'yaml';

/** Compiled rules, and the data that they read. */
export interface Bundle {
  wasm: Uint8Array;
  data: Record<string, unknown>;
}

/** A bundle as its files are, before it is known whether they are one. */
export interface PackedBundle {
  /** SHA-256 over what was read. */
  digest: string;
  /** @throws when it is no bundle */
  unpack(): Promise<Bundle>;
}

/** Larger ones are no policy but a mistake, or made to fill the memory. */
const MOST_PACKED_BYTES = 16_777_216;
const MOST_UNPACKED_BYTES = 67_108_864;
const MOST_FILES = 2_000;
/** Marks a module of WebAssembly. */
const WASM_MAGIC = [0x00, 0x61, 0x73, 0x6d];

async function readBounded(file: string): Promise<Buffer> {
  const bytes = await readFile(file);
  if (bytes.length > MOST_PACKED_BYTES) throw new Error(`${basename(file)} has more than ${MOST_PACKED_BYTES} bytes: is it the bundle?`);
  return bytes;
}

/** The files of an archive by their names. */
async function filesIn(archive: Buffer): Promise<Map<string, Buffer>> {
  const tar = await promisify(gunzip)(archive, { maxOutputLength: MOST_UNPACKED_BYTES });
  const reader = extract();
  reader.end(tar);
  const files = new Map<string, Buffer>();
  for await (const entry of reader) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    if (entry.header.type === 'file') files.set(posix.join('/', entry.header.name), Buffer.concat(chunks));
    if (files.size > MOST_FILES) throw new Error(`it holds more than ${MOST_FILES} files`);
  }
  return files;
}

const asObject = (value: unknown, name: string): Record<string, unknown> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${name} is no object`);
  return value as Record<string, unknown>;
};

/** Puts the data of a folder where its path says, beside what is there. */
function putAt(data: Record<string, unknown>, path: readonly string[], value: Record<string, unknown>): void {
  let place = data;
  for (const step of path) place = place[step] = asObject(Object.hasOwn(place, step) ? place[step] : {}, step);
  for (const [key, one] of Object.entries(value)) {
    if (Object.hasOwn(place, key)) throw new Error(`data.${[...path, key].join('.')} is stated twice`);
    Object.defineProperty(place, key, { value: one, enumerable: true, writable: true, configurable: true });
  }
}

/** `data.json` and `data.yaml` of every folder, as OPA reads them. */
function dataIn(files: ReadonlyMap<string, Buffer>): Record<string, unknown> {
  const data: Record<string, unknown> = {};
  for (const name of [...files.keys()].sort()) {
    if (!/^data\.(json|ya?ml)$/.test(posix.basename(name))) continue;
    const text = files.get(name)?.toString('utf8') ?? '';
    const value: unknown = name.endsWith('.json') ? JSON.parse(text) : parseYaml(text, { maxAliasCount: 100 });
    putAt(data, posix.dirname(name).split('/').filter(Boolean), asObject(value, name));
  }
  return data;
}

function wasmIn(files: ReadonlyMap<string, Buffer>): Buffer {
  const modules = [...files].filter(([name]) => name.endsWith('.wasm'));
  const [first] = modules;
  if (!first) throw new Error('it holds no policy.wasm: build it with `opa build -t wasm -e breakwater/decision`');
  if (modules.length > 1)
    throw new Error(`it holds ${modules.length} modules, and which one decides is not said: build it with one target`);
  return first[1];
}

function checked(wasm: Uint8Array): Uint8Array {
  if (!WASM_MAGIC.every((byte, i) => wasm[i] === byte)) throw new Error('the policy is no WebAssembly');
  return wasm;
}

const digestOf = (...parts: Buffer[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

/**
 * Reads a bundle: `bundle.tar.gz` as `opa build` makes it, or a `policy.wasm` with a `data.json` beside it.
 * Its signatures are not verified. @throws when the file cannot be read
 */
export async function readBundle(file: string): Promise<PackedBundle> {
  const bytes = await readBounded(file);
  if (!file.endsWith('.wasm'))
    return {
      digest: digestOf(bytes),
      unpack: async () => {
        const files = await filesIn(bytes);
        return { wasm: checked(wasmIn(files)), data: dataIn(files) };
      },
    };
  const data = await readBounded(join(dirname(file), 'data.json')).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return {
    digest: digestOf(bytes, ...(data ? [data] : [])),
    unpack: async () =>
      Promise.resolve({ wasm: checked(bytes), data: data ? asObject(JSON.parse(data.toString('utf8')), 'data.json') : {} }),
  };
}
