/** What the process ends with. Verdicts map to these through `exitCodeOf` of the client. */
export const EXIT = {
  held: 0,
  usage: 2,
  violated: 3,
  aborted: 4,
  denied: 5,
  leftover: 6,
  platform: 7,
  inconclusive: 8,
  differs: 9,
  timedOut: 124,
  interrupted: 130,
} as const;

export const EXIT_CODE_HELP = `Exit codes: 0 held · 2 usage or validation · 3 violated · 4 aborted and recovered · 5 denied · 6 something could not be undone
7 platform error · 8 inconclusive or invalid · 9 sync: it differs · 124 wait timed out, the run goes on · 130 Ctrl-C`;

/** An ending that is expected: one sentence, what to do, and the exit code. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;
  readonly remedy: string | undefined;
  constructor(exitCode: number, message: string, remedy?: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
    this.remedy = remedy;
  }
}
