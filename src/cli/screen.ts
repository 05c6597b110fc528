import type { Terminal } from './terminal.ts';
import { widthOf } from './width.ts';

const UP = (lines: number): string => (lines > 0 ? `\u001b[${lines}A` : '');
const CLEAR_DOWN = '\r\u001b[J';
const CLEAR_LINE = '\u001b[K';

/** A picture that is redrawn in its place. Lines must be no wider than the terminal, or the place is lost. */
export class Screen {
  private drawn: string[] = [];
  private readonly terminal: Pick<Terminal, 'err' | 'columns'>;

  constructor(terminal: Pick<Terminal, 'err' | 'columns'>) {
    this.terminal = terminal;
  }

  /** Rows that the last picture takes now: a narrower terminal wraps what was drawn. */
  private rows(): number {
    const columns = Math.max(1, this.terminal.columns());
    return this.drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0);
  }

  draw(lines: string[]): void {
    const up = UP(this.rows());
    this.terminal.err(`${up}\r${lines.map((line) => `${line}${CLEAR_LINE}\n`).join('')}\u001b[J`);
    this.drawn = lines;
  }

  /** Takes the picture away. */
  clear(): void {
    if (this.drawn.length > 0) this.terminal.err(`${UP(this.rows())}${CLEAR_DOWN}`);
    this.drawn = [];
  }
}
