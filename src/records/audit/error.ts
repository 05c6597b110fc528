/** A key, a checkpoint or an exported entry that cannot be used, or that was not taken. The message names the file or the host, and holds no secret. */
export class AuditError extends Error {
  override readonly name = 'AuditError';
}

/** A place did not take a checkpoint: trying again can help. */
export class PublishError extends Error {
  override readonly name = 'PublishError';
}
