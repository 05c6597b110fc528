import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { GENESIS, seal, type AuditEntry, type AuditFact } from '../../../src/domain/audit/entry.ts';

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Any fact. Texts are whole code points, as the records make them. */
export const anyFact: fc.Arbitrary<AuditFact> = fc.record(
  {
    key: fc.string({ unit: 'grapheme' }),
    atMs: fc.integer({ min: 0, max: 4e12 }),
    actor: fc.string({ unit: 'grapheme' }),
    action: fc.constantFrom('injected', 'undo', 'policy', 'approved'),
    subject: fc.string({ unit: 'grapheme' }),
    run: fc.record({ workflowId: fc.string({ unit: 'grapheme' }), runId: fc.uuid(), planDigest: fc.string(), requestedBy: fc.string() }),
    details: fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ noUnicodeString: false, stringUnit: 'grapheme' })),
  },
  { requiredKeys: ['key', 'atMs', 'actor', 'action', 'subject', 'details'] },
);

/** A good chain of `least` entries or more. */
export const anyChain = (least: number): fc.Arbitrary<AuditEntry[]> =>
  fc.array(anyFact, { minLength: least, maxLength: least + 12 }).map((facts) => seal(facts, GENESIS, sha256));
