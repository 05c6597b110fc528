/** A checkout that cannot be reconciled as it is. The message says what to do instead; nothing was changed. */
export class SyncRefused extends Error {
  override readonly name = 'SyncRefused';
}
