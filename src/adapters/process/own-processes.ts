import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package that this process runs: the folder above `src/` or `dist/`. */
const PACKAGE = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

/** What runs Breakwater, below `src/` or `dist/`. The sandbox's payments processes are not among them: they exist to be shot at. */
const ENTRY = /^(src|dist)\/(worker|cli\/.+|http\/.+|reaper\/.+)\.[cm]?[jt]s$/;

/** The same in another installation. */
const INSTALLED = /\/breakwater\/(src|dist)\/(worker|cli\/main|reaper\/main)\.[cm]?[jt]s$/;

/** What both patterns end with. */
const PROGRAM = /\.[cm]?[jt]s(\/|$)/;

/** Whether a command line starts Breakwater itself: this installation's entries, another's, or the program `breakwater`. */
export function isBreakwaterEntry(argv: readonly string[], workingDirectory: string): boolean {
  return argv.some((element, index) => {
    if (index < 2 && basename(element) === 'breakwater') return true;
    if (!PROGRAM.test(element)) return false; // before the costly part: a machine has thousands of arguments
    const path = resolve(workingDirectory, element);
    const ours = path.startsWith(join(PACKAGE, '/')) && ENTRY.test(path.slice(PACKAGE.length + 1));
    return ours || INSTALLED.test(path);
  });
}
