import * as z from 'zod';

const whole = z.coerce.number().int();
const list = z.string().transform((text) => text.split(',').map((name) => name.trim()));

const Settings = z.object({
  BREAKWATER_MATRIX: z
    .string()
    .default('sample')
    .describe('full: every point; states: without the pauses; another text: the points whose name holds it; default: a sample'),
  BREAKWATER_MATRIX_SHARD: z
    .string()
    .regex(/^[1-9]\d*\/[1-9]\d*$/, 'expected i/n such as 2/4: the second of four parts')
    .default('1/1')
    .transform((text) => text.split('/').map(Number) as [number, number])
    .refine(([part, parts]) => part <= parts, 'expected i/n with i ≤ n'),
  BREAKWATER_MATRIX_COMPONENTS: list.optional().describe('names of components, separated by commas; default: all'),
  BREAKWATER_MATRIX_VARIANTS: list.optional().describe('pause, kill; default: both'),
  BREAKWATER_MATRIX_SEED: whole.default(20_261_124).describe('chooses the sample'),
  BREAKWATER_MATRIX_AT_ONCE: whole.min(1).max(64).default(4).describe('points played at once'),
  BREAKWATER_MATRIX_REPORT: z.string().optional().describe('folder for the JSON report; points that it already holds are not played again'),
});

/** What is played of the matrix. */
export interface MatrixSettings {
  chosen: string;
  /** The part that is played, from 1, and how many parts there are. */
  shard: [part: number, parts: number];
  components: string[] | undefined;
  variants: string[] | undefined;
  seed: number;
  atOnce: number;
  reportDir: string | undefined;
}

/** @throws ZodError naming the variable and what it may be */
export function matrixSettings(env: NodeJS.ProcessEnv = process.env): MatrixSettings {
  const given = Settings.parse(Object.fromEntries(Object.entries(env).filter(([, value]) => value !== '')));
  return {
    chosen: given.BREAKWATER_MATRIX,
    shard: given.BREAKWATER_MATRIX_SHARD,
    components: given.BREAKWATER_MATRIX_COMPONENTS,
    variants: given.BREAKWATER_MATRIX_VARIANTS,
    seed: given.BREAKWATER_MATRIX_SEED,
    atOnce: given.BREAKWATER_MATRIX_AT_ONCE,
    reportDir: given.BREAKWATER_MATRIX_REPORT,
  };
}
