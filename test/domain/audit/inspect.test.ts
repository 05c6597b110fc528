import fc from 'fast-check';
import { entryText, GENESIS, hashOf, seal, type AuditEntry } from '../../../src/domain/audit/entry.ts';
import { inspectChain } from '../../../src/domain/audit/inspect.ts';
import { anyChain, anyFact, sha256 } from './facts.ts';

const inspect = (chain: AuditEntry[], published: Parameters<typeof inspectChain>[2] = []) => inspectChain(chain, sha256, published);
const headOf = (chain: AuditEntry[]) => ({ sequence: chain.length, hash: chain.at(-1)!.hash });
/** One of the entries, by its place in the array. */
const place = fc.nat({ max: 1e6 });
const tampered = (kind: string, sequence: number) => ({ kind, sequence });

/** Later entries get other numbers, as `UPDATE … SET sequence` gives them. */
const renumbered = (chain: AuditEntry[]): AuditEntry[] => chain.map((entry, i) => ({ ...entry, sequence: i + 1 }));

test('the text of an entry is canonical: the order of keys does not matter, and it holds everything but the hash', () => {
  const fact = { key: 'k', atMs: 1, actor: 'ann', action: 'a', subject: 's', details: { b: [1e21, 'ü', null], a: { z: 1, y: -0 } } };
  const [entry] = seal([fact], GENESIS, sha256);
  expect(entryText(entry!)).toBe(
    `{"action":"a","actor":"ann","atMs":1,"details":{"a":{"y":0,"z":1},"b":[1e+21,"ü",null]},"key":"k","previous":"${'0'.repeat(64)}","sequence":1,"subject":"s"}`,
  );
  expect(entry!.hash).toBe(sha256(entryText(entry!)));
});

test('a chain that nobody touched is good, however it was appended, and knows its published heads', () => {
  fc.assert(
    fc.property(fc.array(anyFact, { maxLength: 15 }), place, (facts, at) => {
      const cut = at % (facts.length + 1);
      const first = seal(facts.slice(0, cut), GENESIS, sha256);
      const chain = [...first, ...seal(facts.slice(cut), first.at(-1) ?? GENESIS, sha256)];
      expect(chain).toEqual(seal(facts, GENESIS, sha256));
      const published = chain.map(({ sequence, hash }) => ({ sequence, hash }));
      expect(inspect(chain, published)).toEqual({
        entries: chain.length,
        head: chain.length === 0 ? GENESIS : headOf(chain),
        matched: chain.length,
      });
      expect(inspect(JSON.parse(JSON.stringify(chain)) as AuditEntry[]).tampering).toBeUndefined();
    }),
  );
});

test('any single edit is found and named, whatever the field', () => {
  const edits: ((entry: AuditEntry) => AuditEntry)[] = [
    (entry) => ({ ...entry, actor: `${entry.actor}.` }),
    (entry) => ({ ...entry, action: 'approved-not' }),
    (entry) => ({ ...entry, subject: `${entry.subject} ` }),
    (entry) => ({ ...entry, key: `${entry.key}x` }),
    (entry) => ({ ...entry, atMs: entry.atMs + 1 }),
    (entry) => ({ ...entry, details: { ...entry.details, more: 1 } }),
    (entry) => ({ ...entry, run: { ...entry.run!, planDigest: 'another' } }),
    (entry) => ({ ...entry, previous: sha256('x') }),
    (entry) => ({ ...entry, hash: sha256('x') }),
  ];
  fc.assert(
    fc.property(anyChain(1), place, fc.constantFrom(...edits), (chain, at, edit) => {
      const i = at % chain.length;
      expect(inspect(chain.with(i, edit(chain[i]!))).tampering).toMatchObject(tampered('edited', i + 1));
    }),
  );
});

test('an edit whose hash was made to fit is found by the entry after it, the last one by a published head', () => {
  fc.assert(
    fc.property(anyChain(2), place, (chain, at) => {
      const i = at % chain.length;
      const forged = { ...chain[i]!, actor: `${chain[i]!.actor}.` };
      const edited = chain.with(i, { ...forged, hash: hashOf(forged, sha256) });
      const isLast = i === chain.length - 1;
      expect(inspect(edited).tampering).toEqual(isLast ? undefined : expect.objectContaining(tampered('edited', i + 1)));
      if (isLast) expect(inspect(edited, [headOf(chain)]).tampering).toMatchObject({ kind: 'rewritten', untilSequence: i + 1 });
    }),
  );
});

test('deleted entries are named, with and without new numbers for those after them', () => {
  fc.assert(
    fc.property(anyChain(3), place, fc.integer({ min: 1, max: 3 }), (chain, at, count) => {
      const i = at % (chain.length - 1);
      const rest = chain.toSpliced(i, Math.min(count, chain.length - 1 - i));
      expect(inspect(rest).tampering).toMatchObject(tampered('deleted', i + 1));
      expect(inspect(renumbered(chain.toSpliced(i, 1))).tampering).toMatchObject(tampered('deleted', i + 1));
    }),
  );
});

test('a swap is found and named at its first entry, in the database and in a file', () => {
  fc.assert(
    fc.property(anyChain(2), place, place, (chain, a, b) => {
      const i = a % (chain.length - 1);
      const j = i + 1 + (b % (chain.length - 1 - i));
      const swapped = chain.with(i, chain[j]!).with(j, chain[i]!);
      expect(inspect(renumbered(swapped)).tampering).toMatchObject(tampered('reordered', i + 1));
      expect(inspect(swapped).tampering).toMatchObject(tampered('reordered', i + 1));
    }),
  );
});

test('an inserted entry is named, with a hash that fits and without', () => {
  fc.assert(
    fc.property(anyChain(2), place, anyFact, fc.boolean(), (chain, at, fact, fits) => {
      const i = at % chain.length; // at the end it would be an honest append
      const [good] = seal([fact], i === 0 ? GENESIS : chain[i - 1]!, sha256);
      const forged = fits ? good! : { ...good!, hash: sha256('x') };
      expect(inspect(renumbered(chain.toSpliced(i, 0, forged))).tampering).toMatchObject(tampered('inserted', i + 1));
    }),
  );
});

test('a chain that was cut off is good in itself; a published head tells what is gone', () => {
  fc.assert(
    fc.property(anyChain(1), place, (chain, at) => {
      const rest = chain.slice(0, at % chain.length);
      expect(inspect(rest).tampering).toBeUndefined();
      expect(inspect(rest, [headOf(chain)]).tampering).toMatchObject(tampered('truncated', rest.length + 1));
    }),
  );
});

test('a chain that was written anew from some entry on is good in itself, and not the one that was published', () => {
  fc.assert(
    fc.property(anyChain(2), place, (chain, at) => {
      const i = at % chain.length;
      const facts = chain.map((entry, n) => (n === i ? { ...entry, actor: `${entry.actor}.` } : entry));
      const anew = seal(facts, GENESIS, sha256);
      expect(inspect(anew).tampering).toBeUndefined();
      const published = chain.map(({ sequence, hash }) => ({ sequence, hash }));
      expect(inspect(anew, published).tampering).toMatchObject(tampered('rewritten', i + 1));
      expect(inspect(anew, [headOf(chain)]).tampering).toMatchObject({ ...tampered('rewritten', 1), untilSequence: chain.length });
    }),
  );
});

test('two heads of one sequence that differ are a proof, whichever comes last and whichever of the chains is kept', () => {
  fc.assert(
    fc.property(anyChain(1), fc.boolean(), fc.boolean(), (chain, isTurned, isOld) => {
      const anew = seal(
        chain.map((entry) => ({ ...entry, actor: `${entry.actor}.` })),
        GENESIS,
        sha256,
      );
      const heads = [headOf(chain), headOf(anew)];
      expect(inspect(isOld ? chain : anew, isTurned ? heads.reverse() : heads)).toMatchObject({
        matched: 1,
        tampering: { kind: 'rewritten' },
      });
      expect(inspect(chain, [headOf(chain), headOf(chain)])).toEqual({ entries: chain.length, head: headOf(chain), matched: 1 });
    }),
  );
});

test('an entry before the first one is an insertion', () => {
  fc.assert(
    fc.property(anyChain(1), fc.integer({ max: 0 }), (chain, sequence) => {
      const [before] = seal([chain[0]!], { sequence: sequence - 1, hash: GENESIS.hash }, sha256);
      expect(inspect([before!, ...chain]).tampering).toMatchObject(tampered('inserted', sequence));
    }),
  );
});

test('the same entry twice in a file is an insertion', () => {
  const chain = seal([{ key: 'k', atMs: 1, actor: 'ann', action: 'a', subject: 's', details: {} }], GENESIS, sha256);
  expect(inspect([...chain, ...chain]).tampering).toMatchObject(tampered('inserted', 1));
});
