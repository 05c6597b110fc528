import type { AuditHead, AuditLog } from './port.ts';
import { checkpointStores, publishCheckpoint, type AuditSettings } from './publish.ts';

/** What is told of publishing. */
interface Listener {
  published(sequence: number): void;
  /** The next round tries again. */
  failed(cause: unknown): void;
}

/**
 * Publishes a checkpoint every so often while the chain grows, and once more at the end. Several processes may do so at once: each states what is
 * true.
 * @returns undefined when the settings name no key or no place
 */
export function keepPublishing(
  records: Pick<AuditLog, 'auditHead'>,
  { everyMs, ...settings }: AuditSettings & { everyMs: number },
  { published, failed }: Listener,
): { stop(): Promise<void> } | undefined {
  const { keyFile } = settings;
  const stores = checkpointStores(settings);
  if (keyFile === undefined || stores.length === 0) return undefined;
  let after: AuditHead | undefined;
  const publish = async (): Promise<void> => {
    try {
      const checkpoint = await publishCheckpoint(records, keyFile, stores, { after });
      if (!checkpoint) return;
      after = checkpoint;
      published(checkpoint.sequence);
    } catch (cause) {
      failed(cause);
    }
  };
  let turn = publish();
  const timer = setInterval(() => {
    turn = turn.then(publish);
  }, everyMs);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await turn;
      await publish();
    },
  };
}
