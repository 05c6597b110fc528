import * as z from 'zod';
import type { ChangeSystem } from '../../activities/change-port.ts';
import type { Asker } from './ask.ts';
import type { HttpCheckSettings } from './file.ts';

const Instant = z.iso
  .datetime({ offset: true, error: 'expected an instant such as 2026-03-11T12:00:00Z' })
  .transform((text) => Date.parse(text));
const Text = z.string().min(1).max(1_000);

/** What a check answers; more is passed over. `allow` alone decides, within `from` and `until`. */
const Answer = z.looseObject({
  allow: z.boolean(),
  reason: Text.optional(),
  state: Text.optional(),
  approvedBy: z.array(Text).max(50).optional(),
  from: Instant.nullish(),
  until: Instant.nullish(),
  contact: Text.optional(),
});

/** A ticket that no run names, by which `doctor` sees that the check answers. */
const NOBODYS_TICKET = 'BREAKWATER-DOCTOR';

/**
 * One's own service, in front of whatever keeps the changes: `POST` of `{ ticket, digest, environment, at, … }`, answered by
 * `{ allow, reason, from?, until? }`. It must change nothing: plans ask it, and every wave. Notes go to an address of their own,
 * with a key by which it is to know a repeated one.
 */
export function createHttpCheck({ check, notes }: HttpCheckSettings, asker: Asker): ChangeSystem {
  const question = ({ atMs, ...about }: { atMs: number } & Record<string, unknown>) => ({ ...about, at: new Date(atMs).toISOString() });
  return {
    name: `http check at ${new URL(check).host}`,
    async check(about, signal) {
      const { allow, reason, state, approvedBy, from, until, contact } = await asker.ask(
        { method: 'POST', url: check, json: question({ ...about }) },
        Answer,
        signal,
      );
      const window = { ...(typeof from === 'number' && { fromMs: from }), ...(typeof until === 'number' && { untilMs: until }) };
      return {
        approved: allow,
        reason: reason ?? 'it does not allow it, and gives no reason',
        state: state ?? (allow ? 'allowed' : 'not allowed'),
        ...(approvedBy && { approvedBy }),
        ...(Object.keys(window).length > 0 && { window }),
        ...(contact !== undefined && { contact }),
      };
    },
    async note({ mark, lines, links, ...note }, signal) {
      if (notes === undefined) return 'nothing is written: the settings name no address for notes';
      const json = { key: mark, ...note, text: lines.join('\n'), links };
      await asker.tell({ method: 'POST', url: notes, json, headers: { 'idempotency-key': mark } }, signal);
      return `taken by ${new URL(notes).host}`;
    },
    async reach(signal) {
      const json = question({ ticket: NOBODYS_TICKET, atMs: Date.now() });
      const { allow } = await asker.ask({ method: 'POST', url: check, json }, Answer, signal);
      return `it answers; a ticket that nobody has is ${allow ? 'ALLOWED: does it check anything?' : 'not allowed'}`;
    },
  };
}
