// A process to be shot at. Writes one line per SIGCONT, so that every stop that ended is counted, however short it was.
import { appendFileSync } from 'node:fs';

const [, , logFile] = process.argv;
process.on('SIGCONT', () => appendFileSync(logFile, `cont ${Date.now()}\n`));
if (process.env.IGNORE_SIGTERM) process.on('SIGTERM', () => appendFileSync(logFile, `term ${Date.now()}\n`));
process.on('SIGUSR2', () => {
  process.title = 'sshd'; // a protected name, taken after it was chosen
});
setInterval(() => {}, 60_000);
appendFileSync(logFile, `up ${Date.now()}\n`);
