import { darwinSource } from './darwin.ts';
import { linuxSource } from './linux.ts';
import type { ProcessSource } from './source.ts';

/** @throws Error on platforms that Breakwater cannot hit processes on */
export function sourceFor(platform: NodeJS.Platform): ProcessSource {
  if (platform === 'linux') return linuxSource;
  if (platform === 'darwin') return darwinSource;
  throw new Error(`process targets need Linux or macOS; this worker runs on ${platform}`);
}
