import * as z from 'zod';
import type { Measurement } from '../domain/sample.ts';
import { noData, valueOf } from './answer.ts';
import { defineProvider } from './define.ts';
import type { ProbePorts, ProcessReading, ProcessSelector } from './ports.ts';

const schema = z
  .strictObject({
    kind: z.literal('process'),
    registry: z.string().startsWith('/').optional().describe('a registry file that names processes; with `name`'),
    name: z.string().min(1).optional().describe('name in the registry'),
    labels: z
      .record(z.string().min(1), z.string())
      .optional()
      .describe('labels that the processes carry in the environment variable BREAKWATER_LABELS'),
    metric: z
      .enum(['cpu', 'rss', 'fds', 'threads', 'count', 'start-age'])
      .describe(
        'cpu: cores in use between two readings · rss: bytes · fds: open files · threads · count: processes · start-age: milliseconds since the start',
      ),
    aggregate: z.enum(['sum', 'max', 'min']).default('sum').describe('over the processes that match'),
  })
  .refine(
    ({ registry, name, labels }) =>
      (labels === undefined) === (registry !== undefined && name !== undefined) && (registry === undefined) === (name === undefined),
    {
      error: 'expected either registry and name, or labels',
    },
  )
  .refine(({ labels }) => labels === undefined || Object.keys(labels).length > 0, {
    path: ['labels'],
    error: 'expected at least one label: all processes would match',
  });
type Spec = z.infer<typeof schema>;

const selectorOf = ({ registry, name, labels }: Spec): ProcessSelector =>
  registry !== undefined && name !== undefined ? { registry, name } : { labels: labels ?? {} };

const lifeOf = ({ pid, startTicks }: ProcessReading): string => `${pid}@${startTicks}`;

/** Cores in use per process since the reading before; a process that was not in it is left out. */
function coresInUse(nowMs: () => number): (found: readonly ProcessReading[]) => number[] {
  let last: { atMs: number; cpuMs: Map<string, number> } | undefined;
  return (found) => {
    const now = { atMs: nowMs(), cpuMs: new Map(found.map((reading) => [lifeOf(reading), reading.cpuMs])) };
    const before = last;
    last = now;
    if (before === undefined || now.atMs <= before.atMs) return [];
    return [...now.cpuMs].flatMap(([life, cpuMs]) => {
      const earlier = before.cpuMs.get(life);
      return earlier === undefined ? [] : [Math.max(0, cpuMs - earlier) / (now.atMs - before.atMs)];
    });
  };
}

function aggregate(how: Spec['aggregate'], values: readonly number[]): Measurement {
  if (values.length === 0) return noData('no earlier reading of these processes to compare with');
  if (how === 'sum') return valueOf(values.reduce((sum, value) => sum + value, 0));
  return valueOf(how === 'max' ? Math.max(...values) : Math.min(...values));
}

async function openFiles(found: readonly ProcessReading[], { processes }: ProbePorts): Promise<number[]> {
  const counts = await Promise.all(found.map(({ pid }) => processes.openFiles(pid)));
  return counts.filter((count) => count !== undefined);
}

/** Processes of the machine that the worker runs on. */
export const processMetrics = defineProvider('process', {
  schema,
  doc: {
    summary: 'Reads CPU, memory, open files, threads, number and age of processes that are found by name or label, never by pid.',
    unit: 'cpu: cores; rss: bytes; start-age: milliseconds; fds, threads, count: how many',
    noData: 'No process matches, except for count, where that is 0; the first reading of cpu. What may not be read is an error.',
  },
  open(spec, ports) {
    const selector = selectorOf(spec);
    const cores = coresInUse(ports.steadyMs);
    return {
      async measure() {
        const found = await ports.processes.find(selector);
        if (spec.metric === 'count') return valueOf(found.length);
        const values = spec.metric === 'cpu' ? cores(found) : undefined;
        if (found.length === 0) return noData('no process matches');
        if (values) return aggregate(spec.aggregate, values);
        if (spec.metric === 'fds') return aggregate(spec.aggregate, await openFiles(found, ports));
        const field = ({ rss: 'rssBytes', threads: 'threads', 'start-age': 'ageMs' } as const)[
          spec.metric as 'rss' | 'threads' | 'start-age'
        ];
        return aggregate(
          spec.aggregate,
          found.map((reading) => reading[field]),
        );
      },
    };
  },
});
