import type { Plan } from '../../src/domain/plan.ts';
import type { VictimState } from '../../src/domain/run.ts';
import { takenForGood } from '../../src/domain/taken.ts';
import { readExperiment } from '../../src/language/read.ts';
import { BASE } from '../language/base.ts';

const { experiment } = readExperiment(BASE, 'x.yaml');
const wave = { ...experiment.waves[0]!, dryRun: false };
const plan: Plan = {
  experiment: {
    ...experiment,
    fault: { kind: 'process-kill' },
    waves: [
      { ...wave, name: 'noise', fault: { kind: 'no-op' } },
      { ...wave, name: 'pause', fault: { kind: 'process-pause' } },
      { ...wave, name: 'canary', targets: { kind: 'process', labels: { track: 'canary' } } },
      { ...wave, name: 'all' },
    ],
  },
  digest: 'd',
  seed: 1,
  timeScale: 1,
  reversible: { 'process-pause': true, 'process-kill': false, 'no-op': false },
};

const at = (wave: string, id: string, outcome?: 'injected' | 'skipped'): VictimState => ({
  ...{ wave, iteration: 0, id, name: id },
  ...(outcome && { injection: { outcome, atMs: 0, effect: { proven: true, evidence: '' } } }),
});

test('nobody by a rehearsal, by what is undone, or by an order that was skipped', () => {
  const victims = [at('noise', 'a', 'injected'), at('pause', 'b', 'injected'), at('all', 'c', 'skipped')];
  expect(takenForGood(victims, plan, 'all')).toEqual({ all: 0, aimedAt: 0 });
});

test('each once, and an order without an answer may have hit', () => {
  const victims = [at('all', 'a', 'injected'), at('all', 'a', 'injected'), at('all', 'b')];
  expect(takenForGood(victims, plan, 'all')).toEqual({ all: 2, aimedAt: 2 });
});

test('of a wave’s own targets only those that a wave with the same ones has hit', () => {
  const victims = [at('canary', 'a', 'injected'), at('all', 'b', 'injected'), at('all', 'c', 'injected')];
  expect(takenForGood(victims, plan, 'canary')).toEqual({ all: 3, aimedAt: 1 });
  expect(takenForGood(victims, plan, 'all')).toEqual({ all: 3, aimedAt: 2 });
});
