import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CompactSign } from 'jose';
import { createReviews } from '../../src/activities/review.ts';
import type { ReviewStatement } from '../../src/domain/review.ts';
import { canonicalDigest, makePlan } from '../../src/language/digest.ts';
import { keyIdOf, readPublicKeyFiles, type SigningKey } from '../../src/records/audit/keys.ts';
import type { CatalogueEntry } from '../../src/records/catalogue.ts';
import { createMemoryRecords } from '../../src/records/memory.ts';
import { signReview } from '../../src/records/reviews/statement.ts';
import { setOf } from '../policy/set.ts';
import { experimentDocument } from '../workflows/harness/document.ts';

const NOW = Date.UTC(2026, 10, 26);
const DAY = 86_400_000;

function newKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  const publicKey = createPublicKey(privateKey);
  return { privateKey, publicKey, keyId: keyIdOf(publicKey) };
}
const key = newKey();
const document = experimentDocument();
const digest = canonicalDigest(document);
const counts = { name: 'reviewed', reviewedCommitCounts: { within: '30d', branch: 'origin/main' } };

const statementOf = (changes: Partial<ReviewStatement> = {}): ReviewStatement => ({
  ...{ digest, path: 'chaos/worker.yaml', commit: 'c'.repeat(40), branch: 'origin/main', kind: 'merge' },
  ...{ authors: ['ann@example.com'], authorsSigned: false, reviewer: 'bob@example.com' },
  ...{ reviewedAtMs: NOW - DAY, statedBy: 'resilience', statedAtMs: NOW - DAY, ...changes },
});

interface Asked {
  /** What the catalogue holds beside the statement. */
  entry?: Partial<CatalogueEntry>;
  statement?: string;
  rules?: unknown[];
  /** null: the worker has no such setting. */
  keys?: (() => Promise<readonly KeyObject[]>) | null;
  plan?: ReturnType<typeof makePlan>;
  requestedBy?: string;
  wave?: string;
}

async function ask({
  entry,
  statement,
  rules = [counts],
  keys = () => Promise.resolve([key.publicKey]),
  plan = makePlan(document, 7, 1),
  requestedBy = 'carol',
  wave,
}: Asked) {
  const records = createMemoryRecords();
  const metadata = { name: 'payment-worker', environment: 'staging', service: 'payments', owner: 'payments' };
  const what = { digest, document, path: 'chaos/worker.yaml', commit: 'c'.repeat(40), managedBy: 'resilience', atMs: NOW };
  await records.changeCatalogue({
    put: [{ ...metadata, ...what, ...(statement !== undefined && { statement }), ...entry }],
    ...{ remove: [], managedBy: 'resilience', atMs: NOW },
  });
  const set = setOf(rules);
  const { reviewedApproval } = createReviews({ records, nowMs: () => NOW, policies: () => set, ...(keys && { reviewKeys: keys }) });
  return reviewedApproval(plan, entry?.document ?? document, { requestedBy, ...(wave !== undefined && { wave }) });
}
const signed = (changes?: Partial<ReviewStatement>, by = key): Promise<string> => signReview(statementOf(changes), by);
const why = async (asked: Asked): Promise<string | undefined> => {
  const answer = await ask(asked);
  return answer.counts ? 'it counts' : answer.why;
};

test('a statement that is signed, about this document, not too old: one approval in the name of the reviewer', async () => {
  expect(await ask({ statement: await signed() })).toMatchObject({
    counts: true,
    act: {
      by: 'git:bob@example.com',
      digest: makePlan(document, 7, 1).digest,
      reason: 'reviewed in origin/main: chaos/worker.yaml at cccccccccccc',
    },
  });
});

test('where no policy says that it may, nobody looks', async () => {
  const statement = await signed();
  const silent = { name: 'small', maxVictims: 4 };
  expect(await ask({ statement, rules: [silent] })).toEqual({ counts: false });
  expect(await ask({ statement, rules: [counts, { name: 'never', reviewedCommitCounts: false }] })).toEqual({ counts: false });
  const onlySingle = { ...counts, when: { wave: 'single' } };
  expect(await ask({ statement, rules: [onlySingle] })).toEqual({ counts: false }); // the start is for the dry run, too
  expect(await ask({ statement, rules: [counts, { ...counts, name: 'elsewhere', when: { environment: 'production' } }] })).toMatchObject({
    counts: true,
  });
});

test('a gate of a wave wants a living person, unless every rule says otherwise', async () => {
  const statement = await signed();
  const gates = { name: 'gates', reviewedCommitCounts: { ...counts.reviewedCommitCounts, gates: true } };
  expect(await ask({ statement, wave: 'single' })).toEqual({ counts: false });
  expect(await ask({ statement, wave: 'single', rules: [gates] })).toMatchObject({ counts: true });
  expect(await ask({ statement, wave: 'single', rules: [gates, counts] })).toEqual({ counts: false });
});

describe('what an experiment leaves out', () => {
  const { metadata } = document as { metadata: object };
  const withMetadata = (more: object) => {
    const other = experimentDocument({ metadata: { ...metadata, ...more } });
    return { plan: makePlan(other, 7, 1), document: other };
  };
  const askOf = async (more: object, rules: unknown[]) => {
    const { plan, document: other } = withMetadata(more);
    const entry = { digest: canonicalDigest(other), document: other };
    return ask({ plan, entry, rules, statement: await signed({ digest: entry.digest }) });
  };

  test.each(['tier', 'tenant'])('earns no permission, and escapes no ban: %s', async (fact) => {
    const only = { ...counts, when: { [fact]: 'low' } };
    const allBut = { ...counts, unless: { [fact]: 'critical' } };
    const ban = { name: 'never', when: { [fact]: 'critical' }, reviewedCommitCounts: false };
    expect(await askOf({ [fact]: 'low' }, [only])).toMatchObject({ counts: true });
    expect(await askOf({ [fact]: 'low' }, [allBut, ban])).toMatchObject({ counts: true });
    for (const rules of [[only], [allBut], [counts, ban]]) {
      expect(await askOf({}, rules)).toEqual({ counts: false });
      expect(await askOf({ [fact]: 'critical' }, rules)).toEqual({ counts: false });
    }
  });

  test('whom it names as its author reviews nothing', async () => {
    expect(await askOf({ author: 'corp:Bob@example.com' }, [counts])).toMatchObject({
      counts: false,
      why: 'bob@example.com has written the experiment; another person must approve it',
    });
    expect(await askOf({ author: 'corp:eve' }, [counts])).toMatchObject({ counts: true });
  });
});

test('keys are read at each question: one that was taken out counts no more, and what cannot be read lets nothing count', async () => {
  const statement = await signed();
  const trusted = [newKey().publicKey, key.publicKey];
  const keys = () => Promise.resolve(trusted);
  expect(await why({ statement, keys })).toBe('it counts');
  trusted.pop();
  expect(await why({ statement, keys })).toContain('not signed with a key that is trusted here');
  const away = () => Promise.reject(new Error('no such file'));
  expect(await why({ statement, keys: away })).toBe('the public keys of reviews cannot be read: no such file');
});

test('several files may hold several keys each, and one that holds anything else makes all of them unreadable', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-keys-'));
  const pem = ({ publicKey }: SigningKey): string => publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const files = ['a.pub', 'b.pub'].map((name) => join(folder, name));
  try {
    writeFileSync(files[0]!, pem(newKey()) + pem(newKey()));
    writeFileSync(files[1]!, pem(newKey()) + pem(key));
    const statement = await signed();
    const keys = () => readPublicKeyFiles(files);
    expect(await why({ statement, keys })).toBe('it counts');
    writeFileSync(files[0]!, key.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    expect(await why({ statement, keys })).toMatch(/^the public keys of reviews cannot be read: .*a\.pub/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the strictest of several rules counts', async () => {
  const statement = await signed({ reviewedAtMs: NOW - 10 * DAY });
  const strict = { name: 'strict', reviewedCommitCounts: { within: '9d', branch: '*', authorsSigned: true } };
  expect(await why({ statement, rules: [counts, strict] })).toMatch(/^it was reviewed at 2026-11-16T00:00:00\.000Z, longer ago than 9d/);
});

test('what does not count, and why', async () => {
  expect(await why({})).toBe('the catalogue has no review of it');
  expect(await why({ statement: await signed(), keys: null })).toContain('set BREAKWATER_REVIEW_PUBLIC_KEYS');
  expect(await why({ statement: await signed({ reviewedAtMs: NOW - 31 * DAY }) })).toContain('longer ago than 30d');
  expect(await why({ statement: await signed({ reviewedAtMs: NOW + DAY }) })).toContain('in the future');
  expect(await why({ statement: await signed({ statedAtMs: NOW + DAY }) })).toContain('in the future');
  expect(await why({ statement: await signed({ branch: 'origin/wild' }) })).toBe('it is in origin/wild, and not in origin/main');
  expect(await why({ statement: await signed({ authors: ['ann@example.com', 'BOB@example.com '] }) })).toContain(
    'an author does not review',
  );
  expect(await why({ statement: await signed(), requestedBy: 'corp:Bob@example.com' })).toContain('has requested the run');
  const authorsSigned = { name: 'signed', reviewedCommitCounts: { ...counts.reviewedCommitCounts, authorsSigned: true } };
  expect(await why({ statement: await signed(), rules: [authorsSigned] })).toContain('who they are is a claim');
  expect(await why({ statement: await signed({ authorsSigned: true }), rules: [authorsSigned] })).toBe('it counts');
  expect(await why({ statement: await signed(), plan: makePlan(document, 7, 0.5) })).toContain('time scale 0.5');
});

test('the database proves nothing: forged, changed, copied and edited statements are refused', async () => {
  const good = await signed();
  const [head = '', , signature = ''] = good.split('.');
  const payload = Buffer.from(JSON.stringify(statementOf({ reviewer: 'mallory@example.com' }))).toString('base64url');
  expect(await why({ statement: `${head}.${payload}.${signature}` })).toContain('the signature of the statement is not right');
  expect(await why({ statement: await signed({}, newKey()) })).toContain('not signed with a key that is trusted here');
  expect(await why({ statement: await signed({}, { ...newKey(), keyId: key.keyId }) })).toContain(
    'the signature of the statement is not right',
  );
  const unsigned = `${Buffer.from(JSON.stringify({ alg: 'none', kid: key.keyId, typ: 'breakwater-review+jws' })).toString('base64url')}.${payload}.`;
  expect(await why({ statement: unsigned })).toContain('the signature of the statement is not right');
  // A row that somebody has pointed at another document, with that one's statement.
  expect(await why({ statement: await signed({ digest: 'd'.repeat(64) }) })).toBe('the statement is about another document');
  const forAnotherUse = await new CompactSign(new TextEncoder().encode(JSON.stringify(statementOf())))
    .setProtectedHeader({ alg: 'EdDSA', kid: key.keyId, typ: 'JWT' })
    .sign(key.privateKey);
  expect(await why({ statement: forAnotherUse })).toContain('not signed with a key that is trusted here');
  for (const statement of ['', 'a.b.c', 'x'.repeat(20_000)]) expect(await why({ statement })).toMatch(/key that is trusted|longer than/);
});

test('a document that was changed after its review is in no catalogue', async () => {
  expect(await why({ statement: await signed(), entry: { digest: 'e'.repeat(64) } })).toContain('the catalogue has no such document');
  const other = makePlan(experimentDocument({ hypothesis: 'whatever happens is fine' }), 7, 1);
  expect(await why({ statement: await signed(), plan: other })).toBe('the document is not that of the plan');
});

test('a statement of what is no review is none', async () => {
  const broken = { ...statementOf(), authors: [] };
  expect(await why({ statement: await signReview(broken, key) })).toContain('is no statement of a review');
});
