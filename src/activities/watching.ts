import { setTimeout as delay } from 'node:timers/promises';
import { activityInfo, cancellationSignal, heartbeat, log } from '@temporalio/activity';
import { beatEveryMs } from '../domain/liveness.ts';
import type { Sample } from '../domain/sample.ts';
import type { SitePorts } from './ports.ts';
import { SampleRecorder, type SamplePlace } from './recorder.ts';
import { sampleUntil } from './sampler.ts';
import type { Motions } from '../probes/sighted.ts';
import { closeSignals, MAX_SKEW_MS, openSignals, type OpenSignal, type Signals } from './signals.ts';
import { SteadyClock } from './steady-clock.ts';

/** How often a watching activity looks at the clock. */
const TICK_MS = 250;
/** Longest that the last samples may delay the result: an undo waits for it. What takes longer is written in the background. */
const MAX_CLOSE_MS = 10;

/** One look at the signals over time. */
export interface Watch<R> {
  experiment: Signals;
  place: SamplePlace;
  /** Signals to sample; all when absent. */
  names?: readonly string[];
  /** Signals beside those of the experiment. */
  more?: readonly OpenSignal[];
  /** Sees each sample; a result ends the watch. */
  take(sample: Sample): R | undefined;
  /** Sees the clock, a few times a second and after each sample; a result ends the watch. */
  tick(nowMs: number): R | undefined;
  /** Its clock, when the watch has begun before. */
  clock?: SteadyClock;
  /** Where the signals that must move stood at the last checkpoint; kept up to date. */
  motions?: Motions;
  /** The machine slept, or its clock was set ahead, for this long: nothing was seen meanwhile. */
  missed?(ms: number): void;
  /** What a heartbeat carries: the checkpoint for the next attempt and the readings for people. */
  checkpoint(): unknown;
}

/**
 * Samples until `take` or `tick` gives a result.
 * @throws CancelledFailure when the activity is cancelled; then nothing is sampled any more and what was sampled is recorded
 */
export async function watchSignals<R>(ports: Pick<SitePorts, 'probes' | 'records'>, watch: Watch<R>): Promise<R> {
  const recorder = new SampleRecorder(ports.records, watch.place);
  const { clock = new SteadyClock(), motions = {} } = watch;
  const nowMs = (): number => clock.nowMs();
  const opened = openSignals(watch.experiment, ports.probes, { names: watch.names, steadyMs: nowMs, motions });
  const signals = [...opened, ...(watch.more ?? [])];
  const maxSkewMs = watch.experiment.guard?.maxSkew ?? MAX_SKEW_MS;
  const stop = new AbortController();
  const cancelled = cancellationSignal();
  const timers: NodeJS.Timeout[] = [];
  let leave: () => void = () => undefined;
  try {
    const result = await new Promise<R>((resolve, reject) => {
      leave = () => {
        reject(cancelled.reason instanceof Error ? cancelled.reason : new Error('cancelled'));
      };
      cancelled.addEventListener('abort', leave, { once: true });
      if (cancelled.aborted) leave();
      const attempt = (act: () => void) => (): void => {
        try {
          act();
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      const beat = attempt(() => {
        heartbeat(watch.checkpoint());
      });
      const look = attempt(() => {
        const jumpMs = clock.takeJump();
        if (Math.abs(jumpMs) > maxSkewMs) log.warn('the clock of this worker jumped', { jumpMs });
        if (jumpMs > maxSkewMs) watch.missed?.(jumpMs);
        const found = watch.tick(nowMs());
        if (found !== undefined) resolve(found);
      });
      timers.push(setInterval(look, TICK_MS), setTimeout(beat, TICK_MS)); // the first beat shows people the first readings
      timers.push(setInterval(beat, beatEveryMs(activityInfo().heartbeatTimeoutMs)));
      const take = (sample: Sample): void => {
        recorder.add(sample);
        const found = watch.take(sample) ?? watch.tick(nowMs());
        if (found !== undefined) resolve(found);
      };
      sampleUntil(signals, take, stop.signal, nowMs).catch(reject);
    });
    return result;
  } finally {
    for (const timer of timers) clearTimeout(timer); // which also clears intervals
    cancelled.removeEventListener('abort', leave);
    stop.abort();
    const closing = recorder.close().then(() => closeSignals(signals));
    await Promise.race([closing, delay(MAX_CLOSE_MS)]);
  }
}

/** A signal's newest value beside its limit, for the live view. */
export interface Reading {
  probe: string;
  unit: string;
  value: number | null;
  atMs: number;
  problem?: string;
}

/** The newest readings, and the limits that they are watched against. */
export interface LiveView {
  readings: Reading[];
  limits: { probe: string; limit: number; upper: boolean }[];
}

/** What a heartbeat of every watching activity carries for people. */
export interface LiveViewCheckpoint {
  live: LiveView;
}

/** Keeps the newest reading of each signal. */
export class Readings {
  private readonly newest = new Map<string, Reading>();
  private readonly units: Record<string, { unit: string }>;

  constructor(units: Record<string, { unit: string }>) {
    this.units = units;
  }

  take({ probe, atMs, measurement }: Sample): void {
    const unit = this.units[probe]?.unit ?? '';
    const reading: Reading = { probe, unit, atMs, value: measurement.kind === 'value' ? measurement.value : null };
    this.newest.set(probe, measurement.kind === 'value' ? reading : { ...reading, problem: measurement.reason.slice(0, 200) });
  }

  /** Why the newest answer of a signal has no value; undefined when it has one, or when there was none yet. */
  problemOf(probe: string): string | undefined {
    return this.newest.get(probe)?.problem;
  }

  list(): Reading[] {
    return [...this.newest.values()];
  }
}
