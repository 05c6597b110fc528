import * as z from 'zod';
import { ENTRYPOINT, type RegoPort } from '../rego.ts';
import { readBundle, type Bundle, type PackedBundle } from './read.ts';
import { evaluateInThread } from './thread.ts';

/** What the library gives: one result, or none when the document is undefined. */
const Results = z.array(z.looseObject({ result: z.unknown() })).max(1);

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 400);

/** A bundle that is read at each question, and unpacked when it has changed: one that is swapped counts from the next wave on. */
export function openRego(file: string, evaluateWithinMs?: number): RegoPort {
  let kept: { digest: string; bundle: Promise<Bundle> } | undefined;
  const unpacked = ({ digest, unpack }: PackedBundle): Promise<Bundle> => {
    if (kept?.digest !== digest) kept = { digest, bundle: unpack() };
    return kept.bundle;
  };
  return {
    file,
    async ask(input) {
      let digest = 'unreadable';
      try {
        const packed = await readBundle(file);
        digest = packed.digest;
        const results = Results.parse(await evaluateInThread(await unpacked(packed), input, ENTRYPOINT, evaluateWithinMs));
        return { digest, result: results[0]?.result };
      } catch (error) {
        return { digest, problem: wordsOf(error) };
      }
    },
  };
}
