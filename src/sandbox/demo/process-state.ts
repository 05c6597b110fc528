import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** @returns the state letter that `ps` shows: T is stopped; undefined when there is no such process */
export async function stateOf(pid: number): Promise<string | undefined> {
  const answer = await run('ps', ['-o', 'stat=', '-p', String(pid)]).catch(() => undefined);
  return answer?.stdout.trim()[0];
}
