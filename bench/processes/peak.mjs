import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Loaded into a program (`node --import`), writes at its end what it needed: the greatest resident set in MB (10^6) of this program alone. The
 * kernel's VmHWM, because what `resourceUsage` tells begins with the memory of the parent.
 */
process.on('exit', () => {
  const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  writeFileSync(process.env.BENCH_PEAK_FILE, JSON.stringify({ peakMb: (Number(kib) * 1_024) / 1e6 }));
});
