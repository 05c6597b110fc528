import * as z from 'zod';
import type { Measurement } from '../domain/sample.ts';
import { failure, noData, valueOf } from './answer.ts';
import { defineProvider } from './define.ts';
import type { HostPort, ProbePorts } from './ports.ts';

const Device = z
  .string()
  .regex(/^[\w!-]+$/, 'expected a device name such as sda or nvme0n1')
  .optional();

const schema = z.strictObject({
  kind: z.literal('host'),
  metric: z
    .union([
      z.enum(['cpu', 'memory', 'load1', 'disk-io']),
      z.strictObject({
        diskIo: z.enum(['busy', 'read', 'written']).describe('busy: fraction; read, written: bytes per second'),
        device: Device.describe('default: the busiest disk (busy) or all (bytes)'),
      }),
      z.strictObject({ diskUsed: z.string().startsWith('/').describe('a path on the file system') }),
    ])
    .describe('cpu, memory, disk-io (busiest disk): fractions 0–1 · load1: processes · {diskIo, device} · {diskUsed: path}: fraction 0–1'),
});
type Metric = z.infer<typeof schema>['metric'];

/** A reading whose measurement is the change since the one before; undefined on the first. */
type Rate<R> = (before: R, now: R, elapsedMs: number) => Measurement;

function changes<R>(read: () => Promise<R>, rate: Rate<R>, nowMs: () => number): () => Promise<Measurement> {
  let last: { reading: R; atMs: number } | undefined;
  return async () => {
    const reading = await read();
    const now = { reading, atMs: nowMs() };
    const before = last;
    last = now;
    if (before === undefined) return noData('first reading; the next one gives a value');
    return now.atMs > before.atMs
      ? rate(before.reading, reading, now.atMs - before.atMs)
      : noData('no time has passed since the last reading');
  };
}

const cpuRate: Rate<Awaited<ReturnType<HostPort['cpu']>>> = (before, now) =>
  now.total > before.total ? valueOf((now.busy - before.busy) / (now.total - before.total)) : noData('the CPU counters have not moved');

type Disks = Awaited<ReturnType<HostPort['disks']>>;

const diskRate =
  (what: 'busy' | 'read' | 'written', device?: string): Rate<Disks> =>
  (before, now, elapsedMs) => {
    const names = Object.keys(now).filter((name) => before[name] && (device === undefined || name === device));
    if (names.length === 0)
      return device === undefined
        ? noData('there is no disk')
        : failure(`there is no disk '${device}'; there are ${Object.keys(now).join(', ')}`);
    const field = ({ busy: 'busyMs', read: 'readBytes', written: 'writtenBytes' } as const)[what];
    const rates = names.map((name) => Math.max(0, (now[name]?.[field] ?? NaN) - (before[name]?.[field] ?? NaN)) / elapsedMs);
    return valueOf(what === 'busy' ? Math.min(1, Math.max(...rates)) : rates.reduce((sum, rate) => sum + rate * 1_000, 0));
  };

function reader(metric: Metric, { host, steadyMs }: ProbePorts): () => Promise<Measurement> {
  const usedMemory = async (): Promise<Measurement> => {
    const { totalBytes, availableBytes } = await host.memory();
    return valueOf(1 - availableBytes / totalBytes);
  };
  const usedDisk = async (path: string): Promise<Measurement> => {
    const { usedBytes, availableBytes } = await host.diskSpace(path);
    return valueOf(usedBytes / (usedBytes + availableBytes));
  };
  if (metric === 'cpu') return changes(() => host.cpu(), cpuRate, steadyMs);
  if (metric === 'memory') return usedMemory;
  if (metric === 'load1') return async () => valueOf(await host.load1());
  if (metric === 'disk-io') return changes(() => host.disks(), diskRate('busy'), steadyMs);
  if ('diskUsed' in metric) return () => usedDisk(metric.diskUsed);
  return changes(() => host.disks(), diskRate(metric.diskIo, metric.device), steadyMs);
}

/** The machine that the worker runs on. */
export const host = defineProvider('host', {
  schema,
  doc: {
    summary: 'Reads CPU, memory, load and disks of the machine on which the worker of the site runs.',
    unit: 'cpu, memory, disk busy and used: fractions 0–1; disk read and written: bytes per second; load1: processes',
    noData: 'The first reading of cpu and disk I/O, which are changes between two readings. What the platform does not tell is an error.',
  },
  open: (spec, ports) => {
    const read = reader(spec.metric, ports);
    return { measure: () => read() };
  },
});
