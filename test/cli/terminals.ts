import type { Terminal } from '../../src/cli/terminal.ts';

/** A terminal without colour that remembers. */
export function recordingTerminal(overrides: Partial<Terminal> = {}): Terminal & { stdout: string; stderr: string } {
  const terminal = {
    stdout: '',
    stderr: '',
    out: (text: string) => void (terminal.stdout += text),
    err: (text: string) => void (terminal.stderr += text),
    written: () => Promise.resolve(),
    isLive: false,
    isInteractive: false,
    columns: () => 80,
    paint: (_colour: unknown, text: string) => text,
    confirm: () => Promise.reject(new Error('nobody to ask')),
    choose: () => Promise.reject(new Error('nobody to ask')),
    onInterrupt: () => () => undefined,
    ...overrides,
  };
  return terminal;
}
