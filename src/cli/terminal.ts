import { styleText } from 'node:util';

export type Colour = 'red' | 'green' | 'yellow' | 'cyan' | 'dim' | 'bold';

/** Where a command speaks and whom it asks. Tests have their own. */
export interface Terminal {
  /** Data: one call per document or line, with its line end. */
  out(text: string): void;
  /** Resolves when what was given to `out` is on its way: whoever writes much waits for it. */
  written(): Promise<void>;
  /** Everything else. */
  err(text: string): void;
  /** Whether progress may be redrawn in place. */
  isLive: boolean;
  /** Whether somebody is there to be asked. */
  isInteractive: boolean;
  columns(): number;
  paint(colour: Colour, text: string): string;
  /** @returns undefined when the person turned away (Ctrl-C) */
  confirm(question: string): Promise<boolean | undefined>;
  /** @returns undefined when the person turned away (Ctrl-C) */
  choose<V extends string>(question: string, options: { value: V; label: string }[]): Promise<V | undefined>;
  /** Calls on every Ctrl-C. @returns how to stop listening */
  onInterrupt(handler: () => void): () => void;
}

const DEFAULT_COLUMNS = 80;

/** https://no-color.org: any non-empty value turns colour off; FORCE_COLOR turns it on where nobody looks. */
function isColoured(env: NodeJS.ProcessEnv, isTTY: boolean): boolean {
  if (env['NO_COLOR']) return false;
  if (env['FORCE_COLOR'] && env['FORCE_COLOR'] !== '0') return true;
  return isTTY && env['TERM'] !== 'dumb';
}

/** The process's own terminal. Prompts are drawn on stderr: stdout is for data. */
export function processTerminal({ stdin, stdout, stderr, env } = process): Terminal {
  const isColoredErr = isColoured(env, stderr.isTTY);
  // Painted text may go to either stream: colour only what both can show.
  const isColored = isColoredErr && (stdout.isTTY || Boolean(env['FORCE_COLOR']));
  return {
    out: (text) => void stdout.write(text),
    written: () =>
      new Promise((resolve) => {
        stdout.write('', () => {
          resolve(); // also when the reader went away
        });
      }),
    err: (text) => void stderr.write(text),
    isLive: stderr.isTTY && env['TERM'] !== 'dumb',
    isInteractive: stdin.isTTY && stderr.isTTY,
    columns: () => stderr.columns || DEFAULT_COLUMNS,
    paint: (colour, text) => (isColored ? styleText(colour, text, { validateStream: false }) : text),
    async confirm(message) {
      const { confirm, isCancel } = await import('@clack/prompts');
      const answer = await confirm({ message, initialValue: false, output: stderr });
      return isCancel(answer) ? undefined : answer;
    },
    async choose(message, options) {
      const { select, isCancel } = await import('@clack/prompts');
      const answer = await select<string>({ message, options, output: stderr });
      return isCancel(answer) ? undefined : (answer as (typeof options)[number]['value']);
    },
    onInterrupt(handler) {
      process.on('SIGINT', handler);
      return () => process.off('SIGINT', handler);
    },
  };
}
