import * as z from 'zod';
import type { InsideProcess, Scan } from './scan.ts';

const text = z.string().min(1);

const Argument = z.union([text, z.strictObject({ equals: text }), z.strictObject({ prefix: text })], {
  error: 'expected a text that equals one argument, or { equals: … } or { prefix: … }',
});

/** Which process of a container: as the criteria of `process` targets. */
export const ProcessPattern = z
  .strictObject({
    executable: z
      .string()
      .startsWith('/', 'expected the absolute path of the executable, such as /usr/bin/node')
      .optional()
      .describe('exact absolute path of the executable, as the container sees it'),
    argv: z.array(Argument).min(1).optional().describe('each must fit one argument of the process'),
  })
  .refine(({ executable, argv }) => executable !== undefined || argv !== undefined, 'expected executable, argv, or both');
export type ProcessPattern = z.infer<typeof ProcessPattern>;

const fits = (wanted: z.infer<typeof Argument>, element: string): boolean =>
  typeof wanted === 'string' ? element === wanted : 'prefix' in wanted ? element.startsWith(wanted.prefix) : element === wanted.equals;

/** Whether every given criterion holds. What cannot be read does not match. */
export const matches = ({ executable, argv }: ProcessPattern, process: InsideProcess): boolean =>
  (executable === undefined || process.executable === executable) &&
  (argv?.every((wanted) => process.argv.some((element) => fits(wanted, element))) ?? true);

/**
 * The living processes of the container itself. A pid namespace that the pod or the machine shares shows others too.
 * @param isBeside the look was from a debug container: the container's processes are then those of other control groups than its own
 */
export const ofContainer = ({ processes, cgroup }: Scan, isBeside: boolean): InsideProcess[] =>
  processes.filter((process) => (process.cgroup === cgroup) !== isBeside && process.state !== 'Z' && process.state !== 'X');

/** For evidence: `17 (node)`. Its arguments stay where they are: they may hold secrets. */
export const nameOf = ({ pid, executable, argv }: InsideProcess): string => {
  const [program = '?'] = (executable ?? argv[0] ?? '?').split(/\s/);
  return `${pid} (${program.split('/').at(-1)?.slice(0, 40) ?? '?'})`;
};
