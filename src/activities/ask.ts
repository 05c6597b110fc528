import { cancellationSignal } from '@temporalio/activity';
import type { Measurement } from '../domain/sample.ts';
import { measureOnce } from '../probes/measure.ts';
import type { ProbePorts } from '../probes/ports.ts';
import { closeSignals, openSignals, type Signals } from './signals.ts';

/** A rate needs two scrapes: a first answer without data is asked for once more. */
const ASK_AGAIN_AFTER_MS = 1_000;

/** What each of these signals answers now. */
export async function askNow(experiment: Signals, ports: ProbePorts, names: readonly string[]): Promise<Record<string, Measurement>> {
  const signals = openSignals(experiment, ports, { names });
  const stop = cancellationSignal();
  try {
    const ask = async ({ name, probe, timeoutMs }: (typeof signals)[number]): Promise<[string, Measurement]> => {
      const first = await measureOnce(probe, timeoutMs, stop);
      if (first.kind !== 'no-data') return [name, first];
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_AFTER_MS));
      return [name, await measureOnce(probe, timeoutMs, stop)];
    };
    return Object.fromEntries(await Promise.all(signals.map(ask)));
  } finally {
    await closeSignals(signals);
  }
}
