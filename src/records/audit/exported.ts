import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import { ChainInspector, type Inspection } from '../../domain/audit/inspect.ts';
import type { AuditEntry, AuditHead } from '../../domain/audit/entry.ts';
import { sha256 } from './digest.ts';
import { AuditError } from './error.ts';

const Run = z.strictObject({
  workflowId: z.string(),
  runId: z.string(),
  planDigest: z.string(),
  experimentDigest: z.string().exactOptional(),
  ticket: z.string().exactOptional(),
  requestedBy: z.string(),
});

/** An entry as `audit export` writes it. A field more would be one that no hash covers. */
const Exported = z.strictObject({
  sequence: z.int(),
  key: z.string(),
  atMs: z.number(),
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  run: Run.exactOptional(),
  details: z.record(z.string(), z.unknown()),
  previous: z.string(),
  hash: z.string(),
});

function parse(line: string, place: string): AuditEntry {
  try {
    return Exported.parse(JSON.parse(line));
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new AuditError(`${place}: no entry of an audit log: ${why.slice(0, 500)}`);
  }
}

/**
 * Verifies a whole export (JSON lines) without a database.
 * @throws AuditError when it cannot be read, naming the line
 */
export async function verifyExport(file: string, published: Iterable<AuditHead>): Promise<Inspection> {
  const inspector = new ChainInspector(sha256, published);
  const input = createReadStream(file);
  const unreadable = new Promise<never>((_resolve, reject) => {
    input.once('error', (cause) => {
      reject(new AuditError(`the export cannot be read: ${cause.message}`));
    });
  });
  const read = async (): Promise<Inspection> => {
    let number = 0;
    for await (const line of createInterface({ input, crlfDelay: Infinity })) {
      number += 1;
      if (line !== '') inspector.take(parse(line, `${file}:${number}`));
    }
    return inspector.end();
  };
  return Promise.race([read(), unreadable]);
}
