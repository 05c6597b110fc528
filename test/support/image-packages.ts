import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import * as z from 'zod';

const Manifest = z.object({ dependencies: z.record(z.string(), z.string()).default({}) });

/** These packages and all that they depend on, below /app, as testbed/kubernetes/image.sh takes them. */
export const packageItems = (names: readonly string[]): string[] =>
  packageFolders(names).map((folder) => `${folder}:/app/${folder.slice(resolve('.').length + 1)}`);

/** What this project itself depends on when it runs. */
export const ownPackages = (): string[] => Object.keys(Manifest.parse(JSON.parse(readFileSync('package.json', 'utf8'))).dependencies);

/** The folders of these packages and of all that they depend on. A folder inside another's is left out: it goes with it. */
function packageFolders(names: readonly string[]): string[] {
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
