import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { transformSync } from '@swc/core';

const ROOMS = ['domain', 'faults', 'targets', 'adapters/process', 'adapters/command', 'adapters/leases', 'adapters/kubernetes', 'reaper'];

/** Compiles the rooms that a child process of a test needs into a folder, with plain names and the installed packages beside them. */
export function compileInto(folder: string): void {
  for (const room of ROOMS) {
    const from = resolve('src', room);
    for (const file of readdirSync(from, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))) {
      const to = join(folder, room, file.replace(/\.ts$/, '.js'));
      mkdirSync(dirname(to), { recursive: true });
      const options = {
        jsc: { target: 'es2023' as const, parser: { syntax: 'typescript' as const }, rewriteRelativeImportExtensions: true },
        module: { type: 'es6' as const },
      };
      writeFileSync(to, transformSync(readFileSync(join(from, file), 'utf8'), { filename: file, ...options }).code);
    }
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  cpSync(resolve('test/adapters/process/harness/reuse.mjs'), join(folder, 'reuse.mjs'));
  cpSync(resolve('test/adapters/process/harness/inject.mjs'), join(folder, 'inject.mjs'));
}
