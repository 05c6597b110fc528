import type { VictimState } from '../../src/domain/run.ts';
import type { AdmittedRun } from '../../src/workflows/context.ts';
import { denyWave, shut } from '../../src/workflows/shut.ts';

/** A run that has given orders to victims of these waves, and changed the traffic in one. */
function runWith(victimsOf: string[], touchedIn?: string): AdmittedRun {
  const victims = victimsOf.map((wave): VictimState => ({ wave, iteration: 0, id: wave, name: wave }));
  return { state: { victims }, facts: { ...(touchedIn && { touchedIn }) }, chronicle: { add: () => undefined } } as unknown as AdmittedRun;
}

test.each<[what: string, run: AdmittedRun, facts: object]>([
  ['before anything', runWith([]), { denied: 'closed' }],
  ['after a victim', runWith(['single']), { gated: 'closed' }],
  ['after the traffic was changed', runWith([], 'single'), { gated: 'closed' }],
])('a gate that closes %s', (_, run, facts) => {
  const { touchedIn } = run.facts;
  expect(shut(run, 'closed', 'denied', {})).toBe(false);
  expect(run.facts).toEqual({ ...facts, ...(touchedIn && { touchedIn }) });
});

test.each<[what: string, run: AdmittedRun, facts: object]>([
  ['before anything', runWith([]), { denied: 'wave stress is not run: why' }],
  ['after others', runWith(['single'], 'single'), { waveDenied: 'wave stress is not run: why' }],
  ['after an iteration of its own', runWith(['single', 'stress']), { gated: 'wave stress does not go on: why' }],
  ['after it changed the traffic', runWith(['single'], 'stress'), { gated: 'wave stress does not go on: why' }],
])('a wave that is denied %s', (_, run, facts) => {
  const { touchedIn } = run.facts;
  expect(denyWave(run, 'stress', 'why')).toBe(false);
  expect(run.facts).toEqual({ ...facts, ...(touchedIn && { touchedIn }) });
});
