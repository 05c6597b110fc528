import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Saved histories of real runs; every later version must replay them. */
export const historiesDir = join(process.cwd(), 'test/replay/histories');

/** A run's history as the server's JSON, under the name of what the run did. */
export interface SavedHistory {
  name: string;
  workflowId: string;
  history: unknown;
}

export async function savedHistories(): Promise<SavedHistory[]> {
  const files = (await readdir(historiesDir)).filter((file) => file.endsWith('.json')).sort();
  return Promise.all(
    files.map(async (file) => {
      const { workflowId, history } = JSON.parse(await readFile(join(historiesDir, file), 'utf8')) as Omit<SavedHistory, 'name'>;
      return { name: file.replace('.json', ''), workflowId, history };
    }),
  );
}
