import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appendCheckpoint, readCheckpoints } from '../../src/records/audit/checkpoint-file.ts';
import { keepPublishing } from '../../src/records/audit/keep-publishing.ts';
import { readPublicKey, readSigningKey, writeNewKey } from '../../src/records/audit/keys.ts';
import { signCheckpoint } from '../../src/records/audit/sign.ts';
import { createMemoryRecords } from '../../src/records/memory.ts';
import { aRun } from './examples.ts';

let dir: string;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'breakwater-publishing-'));
  await writeNewKey(join(dir, 'key.pem'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

const settings = () => ({ keyFile: join(dir, 'key.pem'), checkpointFile: join(dir, 'checkpoints.jsonl'), everyMs: 5 });

/** Resolves when it was called. */
function called(): [() => void, Promise<void>] {
  let done: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => (done = resolve));
  return [done, promise];
}

test('a checkpoint is published while the chain grows, none when it has not, and the last one at the end', async () => {
  const records = createMemoryRecords();
  await records.openRun(aRun());
  const [first, isFirst] = called();
  const publishing = keepPublishing(records, settings(), { published: first, failed: (cause) => fail(cause) })!;
  await isFirst;
  await records.closeRun(aRun().workflowId, { verdict: 'passed', reason: 'r', result: {}, closedAtMs: 1 });
  await publishing.stop();
  const { checkpoints: kept } = await readCheckpoints(settings().checkpointFile, [await readPublicKey(join(dir, 'key.pem.pub'))]);
  expect(kept.map(({ checkpoint, isSigned }) => [checkpoint.sequence, isSigned])).toEqual([
    [1, true],
    [2, true],
  ]);
  expect(kept[1]?.checkpoint).toMatchObject((await records.auditHead())!);
});

test('a place that fails is said and tried again, and another place has it all the same', async () => {
  const records = createMemoryRecords();
  await records.openRun(aRun());
  const [twice, isTwice] = called();
  let failures = 0;
  const url = 'http://127.0.0.1:1/token-hunter2';
  const said: string[] = [];
  const failed = (cause: unknown): void => {
    said.push(String(cause));
    if (++failures === 2) twice();
  };
  const publishing = keepPublishing(records, { ...settings(), url }, { published: () => fail('published'), failed })!;
  await isTwice;
  await publishing.stop();
  expect(said[0]).toMatch(/127\.0\.0\.1:1 did not take the checkpoint/);
  expect(said.join()).not.toContain('hunter2');
  expect(readFileSync(settings().checkpointFile, 'utf8').split('\n').length).toBeGreaterThan(2);
});

test('an end that went back is said at each round, and is not stated', async () => {
  const records = createMemoryRecords();
  await records.openRun(aRun());
  await records.appendAudit([{ key: 'x', atMs: 1, actor: 'a', action: 'b', subject: 'c', details: {} }]);
  const [first, isFirst] = called();
  let head = await records.auditHead();
  const said: string[] = [];
  const publishing = keepPublishing(
    { auditHead: () => Promise.resolve(head) },
    { ...settings(), everyMs: 1e6 },
    { published: first, failed: (cause) => said.push(String(cause)) },
  )!;
  await isFirst;
  for (const tampered of [undefined, { ...head!, sequence: 1 }, { ...head!, hash: 'f'.repeat(64) }]) {
    head = tampered;
    await publishing.stop();
  }
  expect(said).toEqual([
    expect.stringMatching(/ended with entry 2 .* and now is empty/),
    expect.stringMatching(/ended with entry 2 .* and now ends with entry 1 /),
    expect.stringMatching(/and now ends with entry 2 \(ffff/),
  ]);
  expect(readFileSync(settings().checkpointFile, 'utf8').trim().split('\n')).toHaveLength(1);
});

test('a line that was cut off costs itself alone: the next one begins anew, and all others are read', async () => {
  const key = await readSigningKey(join(dir, 'key.pem'));
  const { checkpointFile: file } = settings();
  const [one, two] = [1, 2].map((sequence) => signCheckpoint({ sequence, hash: 'a'.repeat(64) }, key, 1));
  await appendCheckpoint(file, one!);
  appendFileSync(file, JSON.stringify(two).slice(0, 50));
  await appendCheckpoint(file, two!);
  expect(await readCheckpoints(file, [key.publicKey])).toEqual({
    checkpoints: [
      { line: 2, checkpoint: one, isSigned: true },
      { line: 4, checkpoint: two, isSigned: true },
    ],
    unreadable: [{ line: 3, why: expect.stringContaining('not JSON') as string }],
  });
  await expect(appendCheckpoint('/dev/full', one!)).rejects.toMatchObject({
    name: 'PublishError',
    message: expect.stringContaining('ENOSPC') as string,
  });
});

test('without a key or a place there is nothing to keep up', () => {
  const records = createMemoryRecords();
  const listener = { published: () => undefined, failed: () => undefined };
  expect(keepPublishing(records, { keyFile: 'k', everyMs: 1 }, listener)).toBeUndefined();
  expect(keepPublishing(records, { checkpointFile: 'c', everyMs: 1 }, listener)).toBeUndefined();
});

function fail(cause: unknown): never {
  throw new Error(String(cause));
}
