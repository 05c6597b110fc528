import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCommands } from '../../../../src/adapters/command/run.ts';
import { openLeases } from '../../../../src/adapters/leases/index.ts';
import { fileOf, leaseNameOf, type LeaseFile } from '../../../../src/adapters/leases/names.ts';
import { livingReaper, reaperFolder } from '../../../../src/adapters/leases/reaper-process.ts';
import { createProcesses, openJournal } from '../../../../src/adapters/process/index.ts';
import { linuxSource } from '../../../../src/adapters/process/linux.ts';
import type { Order } from '../../../../src/domain/order.ts';
import { faults } from '../../../../src/faults/index.ts';
import type { FaultPorts } from '../../../../src/faults/ports.ts';
import { compileInto } from '../../process/harness/compile.ts';
import { identityOf, never, orderFor, start, targetOf } from '../../process/harness/children.ts';
import { elsewhere } from '../../../support/no-cluster.ts';

/** The reaper and all that it needs, compiled once per test file. */
export function compileReaper(): { folder: string; entry: string } {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-reaper-'));
  compileInto(folder);
  cpSync(resolve('test/adapters/leases/harness/worker.mjs'), join(folder, 'worker.mjs'));
  return { folder, entry: join(folder, 'reaper', 'main.js') };
}

/** Waits until it is so, for a bounded time. @returns how long that took, milliseconds */
export async function until(what: string, isSo: () => boolean | Promise<boolean>, withinMs = 15_000): Promise<number> {
  const beganMs = Date.now();
  while (!(await isSo())) {
    if (Date.now() - beganMs > withinMs) throw new Error(`${what}: not within ${withinMs} ms`);
    await sleep(5);
  }
  return Date.now() - beganMs;
}

/** A site with a state folder of its own, real processes, and its real reaper. */
export class LeasedSite {
  readonly stateDir = mkdtempSync(join(tmpdir(), 'breakwater-leases-'));
  readonly ports: FaultPorts;
  readonly leases: ReturnType<typeof openLeases>;
  private readonly workers: ChildProcess[] = [];

  constructor(
    private readonly folder: string,
    readonly entry: string,
  ) {
    this.ports = {
      processes: createProcesses(),
      journal: openJournal(join(this.stateDir, 'journal')),
      commands: createCommands({}),
      ...elsewhere,
    };
    this.leases = openLeases(this.stateDir, { entry, env: { PATH: process.env['PATH'] ?? '' } });
  }

  /** A pause of a fresh process, with this lease. */
  async pause(leaseMs: number): Promise<{ child: ChildProcess & { pid: number }; order: Order }> {
    const child = await start(['sleep', '1000']);
    return { child, order: orderFor(targetOf(identityOf(child.pid)), { kind: 'process-pause' }, { leaseMs }) };
  }

  inject(order: Order) {
    return faults['process-pause'].bind(order.fault, this.ports).inject(order, never);
  }

  /** Arms and injects in a process that leads a group of its own, and renews for ever. Returns once it has injected. */
  async startWorker(order: Order, more: object = {}): Promise<ChildProcess & { pid: number }> {
    const argument = JSON.stringify({ order, stateDir: this.stateDir, entry: this.entry, ...more });
    const worker = spawn(process.execPath, [join(this.folder, 'worker.mjs'), argument], {
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: process.env['PATH'] },
    });
    this.workers.push(worker);
    await once(worker.stdout, 'data');
    return worker as unknown as ChildProcess & { pid: number };
  }

  get reaperPid(): number | undefined {
    return livingReaper(this.reaperFolder, linuxSource)?.pid;
  }

  get reaperFolder(): string {
    return reaperFolder(this.stateDir, linuxSource);
  }

  get log(): string {
    const file = join(this.reaperFolder, 'reaper.log');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  path(order: Order, kind: LeaseFile): string {
    return join(this.stateDir, 'leases', fileOf(leaseNameOf(order), kind));
  }

  get files(): string[] {
    return readdirSync(join(this.stateDir, 'leases'));
  }

  async killReaper(): Promise<void> {
    const pid = this.reaperPid;
    if (pid === undefined) throw new Error('no reaper lives');
    process.kill(pid, 'SIGKILL');
    await until('the death of the reaper', () => this.reaperPid === undefined);
  }

  async end(): Promise<void> {
    for (const worker of this.workers)
      if (worker.exitCode === null && worker.signalCode === null) {
        worker.kill('SIGKILL');
        await once(worker, 'exit');
      }
    if (this.reaperPid !== undefined) await this.killReaper();
    rmSync(this.stateDir, { recursive: true, force: true });
  }
}
