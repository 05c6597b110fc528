import { generateKeyPairSync } from 'node:crypto';
import { canonicalDigest } from '../../../src/language/digest.ts';
import { keyIdOf } from '../../../src/records/audit/keys.ts';
import { signReview } from '../../../src/records/reviews/statement.ts';
import { experimentDocument } from './document.ts';
import type { Stage } from './stage.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const key = { privateKey, publicKey, keyId: keyIdOf(publicKey) };
export const reviewKeys = () => Promise.resolve([publicKey]);
/** A rule that lets a reviewed commit count. */
export const rule = (more: Record<string, unknown> = {}) => [
  { name: 'reviewed', reviewedCommitCounts: { within: '30d', branch: 'origin/main', ...more } },
];
/** An experiment that needs so many approvals. */
export const needs = (required: number, changes: Record<string, unknown> = {}) =>
  experimentDocument({ approvals: { required }, ...changes });

/** Puts a document on record as reviewed by bob. */
export async function review({ records }: Stage, document: Record<string, unknown>): Promise<void> {
  const atMs = Date.now();
  const about = { digest: canonicalDigest(document), path: 'chaos/worker.yaml', commit: 'c'.repeat(40) };
  const statement = await signReview(
    {
      ...{ ...about, branch: 'origin/main', kind: 'merge', authors: ['ann@example.com'], authorsSigned: true },
      ...{ reviewer: 'bob@example.com', reviewedAtMs: atMs, statedBy: 'resilience', statedAtMs: atMs },
    },
    key,
  );
  const place = { name: 'payment-worker', environment: 'staging', service: 'payments', owner: 'payments' };
  await records.changeCatalogue({
    put: [{ ...place, ...about, document, statement, managedBy: 'resilience', atMs }],
    remove: [],
    managedBy: 'resilience',
    atMs,
  });
}
