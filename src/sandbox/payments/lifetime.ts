/**
 * Ends this process in order on SIGTERM and SIGINT, and when the process that started it is gone: the IPC channel closes even when that one was
 * killed with -9, so nothing is orphaned. A process without a channel was started to stay.
 */
export function endInOrder(end: () => Promise<void>, withinMs = 5_000): void {
  let ending = false;
  const leave = (why: string) => {
    if (ending) return;
    ending = true;
    console.log(`ending: ${why}`);
    setTimeout(() => process.exit(1), withinMs).unref();
    end().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(`did not end in order: ${(error as Error).message}`);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => leave('SIGTERM'));
  process.on('SIGINT', () => leave('SIGINT'));
  if (process.send === undefined) return;
  process.on('disconnect', () => leave('its parent is gone'));
  if (!process.connected) leave('its parent is gone');
}
