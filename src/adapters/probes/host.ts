import { readFile, statfs } from 'node:fs/promises';
import { cpus, freemem, loadavg, platform, totalmem } from 'node:os';
import type { HostPort } from '../../probes/ports.ts';

const isLinux = platform() === 'linux';
const SECTOR_BYTES = 512; // always, whatever the disk's own sector size: Documentation/admin-guide/iostats.rst

/** First line of /proc/stat: user nice system idle iowait irq softirq steal guest guest_nice. Guest time is in user already. */
export function parseCpu(text: string): { busy: number; total: number } {
  const fields = /^cpu\s+([\d ]+)$/m.exec(text)?.[1]?.trim().split(/ +/).slice(0, 8).map(Number);
  if (fields === undefined || fields.length < 4) throw new Error('/proc/stat has no cpu line');
  const total = fields.reduce((sum, ticks) => sum + ticks, 0);
  return { total, busy: total - (fields[3] ?? 0) - (fields[4] ?? 0) };
}

/** @throws Error when MemTotal or MemAvailable is missing */
export function parseMemory(text: string): { totalBytes: number; availableBytes: number } {
  const bytes = (name: string): number => {
    const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
    if (kibibytes === undefined) throw new Error(`/proc/meminfo has no ${name}`);
    return Number(kibibytes) * 1_024;
  };
  return { totalBytes: bytes('MemTotal'), availableBytes: bytes('MemAvailable') };
}

type Disks = Awaited<ReturnType<HostPort['disks']>>;

/** Whole disks of /proc/diskstats: no partitions (they would count twice), loop, RAM or device-mapper devices. */
export function parseDisks(text: string): Disks {
  const lines = text.split('\n').map((line) => line.trim().split(/\s+/));
  const disks = lines.filter(([, , name]) => name !== undefined && /^([hsv]d[a-z]+|xvd[a-z]+|nvme\d+n\d+|mmcblk\d+)$/.test(name));
  return Object.fromEntries(
    disks.map((fields) => [
      fields[2] ?? '',
      { readBytes: Number(fields[5]) * SECTOR_BYTES, writtenBytes: Number(fields[9]) * SECTOR_BYTES, busyMs: Number(fields[12]) },
    ]),
  );
}

function cpuOfNode(): { busy: number; total: number } {
  const times = cpus().map((cpu) => cpu.times);
  const total = times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0);
  return { total, busy: total - times.reduce((sum, { idle }) => sum + idle, 0) };
}

/** This machine: /proc on Linux; elsewhere what Node tells (free memory there leaves out what could be reclaimed, so used is overstated). */
export const host: HostPort = {
  cpu: async () => (isLinux ? parseCpu(await readFile('/proc/stat', 'utf8')) : cpuOfNode()),
  memory: async () =>
    isLinux ? parseMemory(await readFile('/proc/meminfo', 'utf8')) : { totalBytes: totalmem(), availableBytes: freemem() },
  load1: () => Promise.resolve(loadavg()[0] ?? NaN),
  async disks() {
    if (!isLinux) throw new Error(`disk I/O is read from /proc/diskstats, which ${platform()} does not have`);
    return parseDisks(await readFile('/proc/diskstats', 'utf8'));
  },
  async diskSpace(path) {
    const { blocks, bfree, bavail, bsize } = await statfs(path);
    return { totalBytes: blocks * bsize, usedBytes: (blocks - bfree) * bsize, availableBytes: bavail * bsize };
  },
};
