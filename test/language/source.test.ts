import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ExperimentError } from '../../src/language/problem.ts';
import { readExperimentFile } from '../../src/language/read.ts';
import { BASE } from './base.ts';

const folder = mkdtempSync(join(tmpdir(), 'breakwater-language-'));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, content: string | Buffer): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

function refusalOf(path: string): string {
  try {
    readExperimentFile(path);
    return 'accepted';
  } catch (error) {
    if (!(error instanceof ExperimentError)) throw error;
    return error.format().replaceAll(folder, '');
  }
}

test('a file is read, with and without a byte order mark, with either line end', () => {
  const plain = readExperimentFile(write('plain.yaml', BASE));
  expect(readExperimentFile(write('bom.yaml', `\uFEFF${BASE}`))).toEqual(plain);
  expect(readExperimentFile(write('crlf.yaml', BASE.replaceAll('\n', '\r\n')))).toEqual(plain);
});

test('a byte order mark does not move the columns', () => {
  expect(refusalOf(write('bom.yaml', `\uFEFF${BASE.replace('breakwater.dev/v1', 'v1')}`))).toBe(
    "/bom.yaml:1:13 apiVersion: found 'v1', expected breakwater.dev/v1",
  );
});

test('what is no file is refused', () => {
  expect(refusalOf(join(folder, 'missing.yaml'))).toBe('/missing.yaml:1:1 cannot be read: there is no such file');
  expect(refusalOf(folder)).toBe(':1:1 this is a folder; name a file');
  expect(refusalOf(join(write('plain.yaml', BASE), 'deeper.yaml'))).toBe(
    '/plain.yaml/deeper.yaml:1:1 cannot be read: a part of the path is not a folder',
  );
});

test('a pipe does not hang', () => {
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  expect(refusalOf(join(folder, 'pipe'))).toBe('/pipe:1:1 this is not a regular file');
});

test('10 MB and 10 GB are refused without being read', () => {
  const path = write('large.yaml', '');
  for (const bytes of [10 * 1024 ** 2, 10 * 1024 ** 3]) {
    truncateSync(path, bytes);
    const beganMs = performance.now();
    expect(refusalOf(path)).toBe('/large.yaml:1:1 larger than 1 MiB: this is not an experiment file');
    expect(performance.now() - beganMs).toBeLessThan(200);
  }
});

test('bytes that are not UTF-8 are located', () => {
  expect(refusalOf(write('latin1.yaml', Buffer.from(BASE.replace('owner: shop', 'owner: caf\xe9'), 'latin1')))).toBe(
    '/latin1.yaml:5:13 not UTF-8 from here on: save the file as UTF-8',
  );
  expect(refusalOf(write('utf16.yaml', Buffer.from(`\uFEFF${BASE}`, 'utf16le')))).toBe(
    '/utf16.yaml:1:1 the file is UTF-16: save it as UTF-8',
  );
});
