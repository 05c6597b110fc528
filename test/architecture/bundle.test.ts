import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

const src = join(process.cwd(), 'src');

/** The packages of the modules that webpack put into the bundle. */
const packagesIn = (code: string): string[] => [
  ...new Set([...code.matchAll(/node_modules\/((?:@[\w.-]+\/)?[\w.-]+)\//g)].map(([, name]) => name!)),
];

/** Our own modules in the bundle, as paths below `src/`. */
const ownIn = (code: string): string[] => [...new Set([...code.matchAll(/\.\/src\/([\w./-]+\.ts)/g)].map(([, name]) => name!))];

describe('the workflow bundle', () => {
  let code = '';
  beforeAll(async () => {
    ({ code } = await bundleWorkflowCode({
      workflowsPath: join(src, 'workflows/index.ts'),
      payloadConverterPath: join(src, 'workflows/payloads.ts'),
      logger: new DefaultLogger('ERROR'),
    }));
  }, 60_000);

  test('holds the SDK and nothing else', () => {
    expect(packagesIn(code).sort()).toEqual(['@temporalio/common', '@temporalio/workflow', 'long', 'ms', 'nexus-rpc']);
  });

  test('holds the workflows and the domain, and of the rest types only', () => {
    const rooms = new Set(ownIn(code).map((file) => file.split('/')[0]));
    expect([...rooms].sort()).toEqual(['domain', 'workflows']);
  });
});

test('no source file is longer than 300 lines', async () => {
  const files = (await readdir(src, { recursive: true })).filter((file) => file.endsWith('.ts'));
  expect(files.length).toBeGreaterThan(50);
  const long = await Promise.all(
    files.map(async (file) => ({ file, lines: (await readFile(join(src, file), 'utf8')).split('\n').length })),
  );
  expect(long.filter(({ lines }) => lines > 300)).toEqual([]);
});
