import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { migrations } from '../../src/records/migrations/index.ts';
import { createRecords } from '../../src/records/postgres.ts';
import { createDatabase, sql } from './database.ts';

const run = promisify(execFile);
const root = dirname(require.resolve('../../package.json'));

const applied = async (url: string): Promise<string[]> =>
  (await sql<{ name: string }>(url, 'SELECT name FROM breakwater.migrations ORDER BY id')).map(({ name }) => name);

let database: Awaited<ReturnType<typeof createDatabase>>;
beforeEach(async () => {
  database = await createDatabase();
});
afterEach(() => database.drop());

test('every file in the folder has its line in the index', async () => {
  const files = (await readdir(join(root, 'src/records/migrations'))).filter((file) => file !== 'index.ts');
  expect(Object.keys(migrations)).toEqual(files.sort().map((file) => file.replace(/\.ts$/, '')));
});

test('four at once: each waits for the other, and each migration runs once', async () => {
  const several = Array.from({ length: 4 }, () => createRecords({ url: database.url, maxConnections: 1 }));
  await Promise.all(several.map((records) => records.migrate()));
  await Promise.all(several.map((records) => records.close()));
  expect(await applied(database.url)).toEqual(Object.keys(migrations));
});

test('two processes of a real build, started from elsewhere, at once', async () => {
  await mkdir(join(root, 'node_modules/.cache'), { recursive: true });
  const folder = await mkdtemp(join(root, 'node_modules/.cache/records-'));
  try {
    const config = {
      extends: join(root, 'tsconfig.build.json'),
      compilerOptions: { outDir: join(folder, 'dist'), rootDir: join(root, 'src') },
      include: [join(root, 'src/records')],
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder], { timeout: 60_000 });
    const built = pathToFileURL(join(folder, 'dist/records/postgres.js')).href;
    const program = `const { createRecords } = await import(${JSON.stringify(built)});
      const records = createRecords({ url: process.env.RECORDS, maxConnections: 1 });
      await records.migrate(); await records.events('x'); await records.close();`;
    const migrator = () =>
      run(process.execPath, ['--input-type=module', '-e', program], { cwd: '/', env: { RECORDS: database.url }, timeout: 30_000 });
    await Promise.all([migrator(), migrator()]);
    expect(await applied(database.url)).toEqual(Object.keys(migrations));
    const records = createRecords({ url: database.url, maxConnections: 1 });
    await records.migrate(); // from the source: the same identities
    await records.close();
    expect(await applied(database.url)).toEqual(Object.keys(migrations));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 120_000);
