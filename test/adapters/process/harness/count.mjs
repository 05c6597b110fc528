// Adds to the number in a file, in steps that only come out right when nobody else is at it. May end itself with SIGKILL in the middle.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSurvivors } from './adapters/process/index.js';

const [, , dir, times, dieAt] = process.argv;
const survivors = openSurvivors(dir);
const file = join(dir, 'count');
for (let i = 0; i < Number(times); i++) {
  await survivors.exclusively(
    async () => {
      const before = Number(readFileSync(file, 'utf8'));
      if (i === Number(dieAt)) process.kill(process.pid, 'SIGKILL');
      await new Promise((resolve) => setTimeout(resolve, 2));
      writeFileSync(file, String(before + 1));
    },
    Date.now() + 20_000,
    new AbortController().signal,
  );
}
