import type { Order } from '../../domain/order.ts';
import { ProcessIdentity } from '../../domain/process.ts';
import type { Target } from '../../domain/target.ts';
import { command } from './service.ts';

/** One word of a POSIX shell, whatever it holds. */
export const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

/** A line that a shell ignores; nothing in the text can end it. */
const remark = (text: string): string => `# ${text.replace(/\s+/g, ' ')}`;

/**
 * A command on the process that a target pins, as a person types it on Linux: it does nothing after a reboot, or once another process has the pid.
 * @param action such as `kill -CONT`; the pid is appended
 */
export function onlyIfSame({ identity, name }: Target, action: string): string {
  const parsed = ProcessIdentity.safeParse(identity);
  if (!parsed.success) return remark(`look at ${name} by hand: its record does not pin a process`);
  const { bootId, pid, startTicks } = parsed.data;
  const isSameBoot = `[ "$(cat /proc/sys/kernel/random/boot_id)" = ${quoted(bootId)} ]`;
  // Everything up to the last `)` is pid and name, which may hold blanks; the start time is field 22 of all, 20 of the rest.
  const isSameProcess = `[ "$(sed 's/.*) //' /proc/${pid}/stat | cut -d' ' -f20)" = ${startTicks} ]`;
  return `${isSameBoot} && ${isSameProcess} && ${action} ${pid}`;
}

/** A supervisor's command with the target's name and labels in it, quoted word by word. */
export function commandByHand(argv: readonly string[], order: Order): string {
  try {
    return command(argv, order, 0).argv.map(quoted).join(' ');
  } catch (error) {
    return remark(
      `start the service of ${order.target.name} by hand (${error instanceof Error ? error.message : 'its command is not known'})`,
    );
  }
}
