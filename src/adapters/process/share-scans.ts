/**
 * Lets callers who ask at the same time share one scan. The one that a caller gets always begins after it has asked, so it is as fresh as a scan
 * of its own: while one runs, all who ask wait together for the next. Fifty orders at once then cost two scans of the machine, not fifty.
 */
export function shareScans<T>(scan: () => Promise<T>): () => Promise<T> {
  let running: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | undefined;
  const begin = (): Promise<T> => {
    next = undefined;
    return scan();
  };
  return () => {
    next ??= running.then(begin, begin);
    running = next;
    return next;
  };
}
