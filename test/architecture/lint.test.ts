import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** One bad text per rule, put into a room for the time of the test: a rule that no longer fires is a wall that no longer stands. */
const bad: [room: string, text: string, rule: string][] = [
  ['domain', "export { refuse } from '../activities/refuse.ts';\n", 'import-x/no-restricted-paths'],
  ['workflows', "export { createGuard } from '../activities/guard.ts';\n", '@typescript-eslint/no-restricted-imports'],
  ['workflows', "export { readFile } from 'node:fs/promises';\n", 'no-restricted-imports'],
  ['activities', "export { openSite } from '../adapters/site.ts';\n", 'import-x/no-restricted-paths'],
  ['reaper', "export { createGuard } from '../activities/guard.ts';\n", 'import-x/no-restricted-paths'],
  ['cli', "export { Reaper } from '../reaper/serve.ts';\n", 'import-x/no-restricted-paths'],
  ['adapters', 'export const home = process.env.HOME;\n', 'no-restricted-properties'],
  ['adapters', 'export const later = (): void => {\n  Promise.resolve();\n};\n', '@typescript-eslint/no-floating-promises'],
  ['adapters', 'export const how = { shell: true };\n', 'no-restricted-syntax'],
];

interface Finding {
  filePath: string;
  messages: { ruleId: string | null }[];
}

const files = bad.map(([room], i) => join(process.cwd(), 'src', room, `lint-probe-${process.pid}-${i}.ts`));
let findings: Finding[] = [];

/** The program itself is asked, because its configuration is an ES module that jest cannot load. */
beforeAll(async () => {
  try {
    await Promise.all(bad.map(([, text], i) => writeFile(files[i]!, text)));
    const args = ['node_modules/eslint/bin/eslint.js', '--format', 'json', ...files];
    const { stdout } = await run(process.execPath, args).catch((error: { stdout: string }) => error); // it ends with 1 when it finds something
    findings = JSON.parse(stdout) as Finding[];
  } finally {
    await Promise.all(files.map((file) => rm(file, { force: true })));
  }
}, 120_000);

test.each(bad.map(([room, text, rule], i) => [room, text.trim(), rule, i] as const))(
  'in %s, %j is refused by %s',
  (_room, _text, rule, i) => {
    const found = findings.find(({ filePath }) => filePath === files[i]);
    expect(found?.messages.map(({ ruleId }) => ruleId)).toContain(rule);
  },
);
