import { rm, writeFile } from 'node:fs/promises';

const EVERY_MS = 5_000;

/** A sign of life that is kept. */
export interface Alive {
  /** Takes the sign away. */
  stop(): Promise<void>;
}

/**
 * Keeps a file young while this process works: written at once, then every 5 s from its event loop, so that a process that hangs is found by the
 * file's age. A worker has no port that could be asked.
 * @param isWell false: the file is left to grow old
 * @param onFailure told once when the file cannot be written
 */
export async function keepAlive(file: string, isWell: () => boolean, onFailure: (cause: unknown) => void): Promise<Alive> {
  let hasFailed = false;
  const sign = async (): Promise<void> => {
    if (!isWell()) return;
    await writeFile(file, `${new Date().toISOString()}\n`).catch((cause: unknown) => {
      if (!hasFailed) onFailure(cause);
      hasFailed = true;
    });
  };
  await sign();
  const timer = setInterval(() => void sign(), EVERY_MS);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await rm(file, { force: true });
    },
  };
}
