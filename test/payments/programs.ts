import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';

const ROOT = resolve(__dirname, '../..');
const PROGRAMS = ['programs', 'gateway', 'supervisor', 'worker', 'load', 'supervisorctl'];
const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
};

/**
 * Compiles the payments programs and what they import into a folder of the tests' own, so that a test runs the present sources whatever dist/ holds.
 * @returns where the programs are
 */
export async function compilePrograms(): Promise<string> {
  const out = join(ROOT, 'artifacts/test-programs');
  const done = new Set<string>();
  const compile = async (source: string): Promise<void> => {
    if (done.has(source)) return;
    done.add(source);
    const text = await readFile(source, 'utf8');
    const target = join(out, relative(ROOT, source)).replace(/\.ts$/, '.js');
    await mkdir(dirname(target), { recursive: true });
    const unfinished = `${target}.${process.pid}.new`; // another test process may compile the same
    await writeFile(unfinished, ts.transpileModule(text, { compilerOptions: options, fileName: source }).outputText);
    await rename(unfinished, target);
    const imports = ts.preProcessFile(text).importedFiles.map(({ fileName }) => fileName);
    await Promise.all(imports.filter((name) => name.startsWith('.')).map((name) => compile(resolve(dirname(source), name))));
  };
  const folder = join(ROOT, 'src/sandbox/payments');
  await Promise.all(PROGRAMS.map((name) => compile(join(folder, `${name}.ts`))));
  return join(out, 'src/sandbox/payments');
}
