import { existsSync, readFileSync } from 'node:fs';
import { createServer, connect, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import { dirname, join, resolve } from 'node:path';
import * as z from 'zod';
import { currentBuild } from './build.ts';
import { loadImage, machineAddress } from './cluster-controls.ts';

/** The payments system as an image: `node /app/dist/sandbox/payments/gateway.js`, `…/worker.js`, `…/load.js`; and a shell with pkill. */
export const PAYMENTS_IMAGE = 'localhost/payments:1';

/** What the payments system imports. */
const imported = ['fastify', 'pg', 'pg-boss', 'prom-client', 'zod'];

/** Makes the image of the present build and puts it on every node. */
export async function loadPaymentsImage(): Promise<void> {
  const dist = await currentBuild();
  const folders = packageFolders(imported).map((folder) => `${folder}:/app/${folder.slice(resolve('.').length + 1)}`);
  const files = [`${dist}:/app/dist`, `${resolve('package.json')}:/app/package.json`];
  await loadImage(PAYMENTS_IMAGE, ['node', '/app/dist/sandbox/payments/gateway.js'], ['shell', 'program:node', ...files, ...folders]);
}

const Manifest = z.object({ dependencies: z.record(z.string(), z.string()).default({}) });

/** The folders of these packages and of all that they depend on. A folder inside another's is left out: it goes with it. */
function packageFolders(names: string[]): string[] {
  const folders = new Set<string>();
  const add = (name: string, from: string) => {
    const folder = findPackage(name, from);
    if (folders.has(folder)) return;
    folders.add(folder);
    const { dependencies } = Manifest.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));
    for (const dependency of Object.keys(dependencies)) add(dependency, folder);
  };
  for (const name of names) add(name, resolve('.'));
  return [...folders].filter((folder) => ![...folders].some((other) => folder.startsWith(`${other}/`)));
}

/** As Node looks: beside the package that asks, then further up. */
function findPackage(name: string, from: string): string {
  const folder = join(from, 'node_modules', name);
  if (existsSync(join(folder, 'package.json'))) return folder;
  if (from === dirname(from)) throw new Error(`the package ${name} is not installed: run npm ci`);
  return findPackage(name, dirname(from));
}

/** A way for pods to a server on this machine's loopback. */
export interface Door {
  host: string;
  port: number;
  close(): void;
}

/** Opens a door on this machine's address in the cluster's network, which nobody but the cluster and this machine can reach. */
export async function openDoor(toPort: number): Promise<Door> {
  const server: Server = createServer((outside) => {
    const inside = connect(toPort, '127.0.0.1');
    for (const [socket, other] of [
      [outside, inside],
      [inside, outside],
    ] as const) {
      socket.once('error', () => other.destroy());
      socket.once('close', () => other.destroy());
      socket.pipe(other);
    }
  });
  server.listen(0, machineAddress());
  await once(server, 'listening');
  return { host: machineAddress(), port: (server.address() as AddressInfo).port, close: () => void server.close() };
}
