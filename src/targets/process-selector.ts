import * as z from 'zod';
import { ReadySpec } from './process-ready.ts';

const text = z.string().min(1);

const Argument = z.union([text, z.strictObject({ equals: text }), z.strictObject({ prefix: text })], {
  error: 'expected a text that equals one argument, or { equals: … } or { prefix: … }',
});

const criteria = {
  executable: z
    .string()
    .startsWith('/', 'expected the absolute path of the executable, such as /usr/bin/node')
    .optional()
    .describe('exact absolute path of the executable'),
  argv: z.array(Argument).min(1).optional().describe('each must fit one argument of the process; never a part of the joined command line'),
  labels: z
    .record(text, z.string())
    .refine((labels) => Object.keys(labels).length > 0, 'expected at least one label')
    .optional()
    .describe('from BREAKWATER_LABELS="k=v,k=v" in the environment that the process was started with, or from the registry'),
  unit: text.optional().describe('systemd unit, read from the control group, such as nginx.service'),
  supervisor: text.optional().describe("the process's name in the supervisor's registry"),
  port: z.int().min(1).max(65_535).optional().describe('listening TCP port'),
  user: z.union([text, z.int().nonnegative()]).optional().describe('effective user: a local name, or a uid'),
  cgroup: z
    .string()
    .startsWith('/')
    .refine((path) => path !== '/', 'expected a control group below the root, which holds every process')
    .optional()
    .describe('exact control group path, or a prefix that ends with /'),
};

/** The criteria of `process` targets. */
export const ProcessSelector = z.strictObject(criteria);
export type ProcessSelector = z.infer<typeof ProcessSelector>;

/** The `process` target as a file writes it. All given criteria must hold; any criterion of `exclude` that holds takes the process out. */
export const ProcessTargetSpec = z
  .strictObject({
    kind: z.literal('process'),
    ...criteria,
    registry: z
      .string()
      .startsWith('/', 'expected an absolute path')
      .optional()
      .describe('JSON file of a supervisor: [{ "name", "pid", "labels" }]'),
    exclude: ProcessSelector.refine((exclude) => Object.keys(exclude).length > 0, 'expected at least one criterion')
      .optional()
      .describe('a process for which any of these holds is not chosen; one that cannot be read is not chosen either'),
    ready: ReadySpec.optional().describe(
      'when a process counts as ready: `uptimeAtLeast: 2s`, `listening: true` or a port, `http: { url, timeout }`, all of those given. Without it, one that lives and is not stopped is ready',
    ),
  })
  .superRefine((spec, context) => {
    const narrowing = ['executable', 'argv', 'labels', 'unit', 'supervisor', 'port', 'cgroup'] as const;
    if (!narrowing.some((name) => spec[name] !== undefined)) {
      context.addIssue({
        code: 'custom',
        message: `expected at least one of ${narrowing.join(', ')}: a user alone, or nothing, would select too much`,
      });
    }
    if ((spec.supervisor ?? spec.exclude?.supervisor) !== undefined && spec.registry === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['registry'],
        message: "expected the path of the supervisor's registry file, because 'supervisor' names are read there",
      });
    }
  });
export type ProcessTargetSpec = z.infer<typeof ProcessTargetSpec>;
