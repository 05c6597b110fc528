import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { boundHeap } from '../../src/adapters/heap.ts';

test('what a person gave to Node is left alone', () => expect(boundHeap(['--heap-growing-percent=50'])).toBe(false));

test('else heaps grow slowly, by a flag that V8 knows: it refuses others', async () => {
  expect(boundHeap(['--enable-source-maps'])).toBe(true);
  await promisify(execFile)(process.execPath, ['--heap-growing-percent=5', '-e', '0']);
});
