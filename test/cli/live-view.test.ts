import { drawScene, type Scene } from '../../src/cli/live-view.ts';
import { plainText } from '../../src/cli/plain-text.ts';
import { Screen } from '../../src/cli/screen.ts';
import { fit, pad, widthOf } from '../../src/cli/width.ts';
import type { RunState, VictimState } from '../../src/domain/run.ts';
import { recordingTerminal } from './terminals.ts';

const bare = (_colour: unknown, text: string): string => text;
const nowMs = Date.UTC(2026, 10, 23, 20, 10, 30);

const victim = (name: string, more: Partial<VictimState> = {}): VictimState => ({ wave: 'canary', iteration: 0, id: name, name, ...more });
const injected = { outcome: 'injected' as const, atMs: nowMs, effect: { proven: true, evidence: 'state T' } };

const state = (more: Partial<RunState> = {}): RunState => ({
  workflowId: 'pause.payment-worker.staging.20261123-2010.k7f2',
  experiment: 'payment-worker',
  phase: 'holding',
  wave: 'canary',
  iteration: 0,
  approvals: [],
  approvalsRequired: 0,
  victims: [],
  iterations: [],
  leftovers: [],
  events: [],
  ...more,
});

const scene = (more: Partial<Scene> = {}): Scene => ({
  workflowId: 'pause.payment-worker.staging.20261123-2010.k7f2',
  state: state(),
  live: undefined,
  nowMs,
  startedMs: nowMs - 65_400,
  ...more,
});

const draw = (more: Partial<Scene>): string[] => drawScene(scene(more), 80, bare);

test('shows wave, phase, victims, signals against their limits and events', () => {
  const lines = draw({
    state: state({
      victims: [victim('payment-worker-2 (pid 4711)', { injection: injected })],
      events: [{ key: '1', atMs: nowMs, kind: 'injected', wave: 'canary', iteration: 0, data: { reason: 'asked for' } }],
    }),
    live: {
      readings: [
        { probe: 'cpu', unit: '', value: 0.25, atMs: nowMs },
        { probe: 'queue-depth', unit: 'payments', value: 51.23456, atMs: nowMs },
        { probe: 'errors', unit: '', value: null, atMs: nowMs - 7_000, problem: 'no data: empty result' },
      ],
      limits: [
        { probe: 'queue-depth', limit: 42, upper: true },
        { probe: 'errors', limit: 0.001, upper: true },
      ],
    },
  });
  expect(lines).toEqual([
    'payment-worker  1 min 5 s',
    'Wave canary #1  Phase holding',
    'Victims  1 now',
    '  payment-worker-2 (pid 4711)     injected, effect proven',
    'Signals',
    '  errors                          no data: empty result  stop > 0.001  7 s old',
    '  queue-depth                     51.23 payments  stop > 42',
    '  cpu                             0.25',
    'Events',
    '  20:10:30.000 canary #1 injected reason: asked for',
  ]);
});

test('0 signals and no state yet', () => {
  expect(draw({ live: { readings: [], limits: [] } })).toEqual([
    'payment-worker  1 min 5 s',
    'Wave canary #1  Phase holding',
    'Victims  none yet',
    'Signals  none now',
    'Events',
  ]);
  expect(draw({ state: undefined, trouble: 'no answer' })).toEqual([
    'pause.payment-worker.staging.20261123-2010.k7f2  1 min 5 s',
    'waiting for the first answer',
    'no answer',
  ]);
});

test('awaited approvals, pauses and leftovers are told', () => {
  const lines = draw({
    state: state({
      awaiting: 'wave stress',
      approvals: [{ by: 'alice' }],
      approvalsRequired: 2,
      paused: { by: 'bob', reason: 'lunch' },
      leftovers: ['pause on x'],
    }),
  });
  expect(lines.slice(2, 5)).toEqual([
    'Awaits approval of wave stress: 1 of 2 by alice',
    'Paused by bob: lunch',
    'COULD NOT BE UNDONE: pause on x',
  ]);
});

test('many victims: the first five, the rest is counted; earlier ones are counted', () => {
  const many = Array.from({ length: 40 }, (_, i) => victim(`worker-${i}`));
  const lines = draw({ state: state({ victims: [victim('old', { wave: 'single' }), ...many] }) });
  expect(lines[2]).toBe('Victims  40 now, 1 before');
  expect(lines.filter((line) => line.includes('worker-'))).toHaveLength(5);
  expect(lines).toContain('  … and 35 more victims');
});

test('wide characters keep the columns, and no line is wider than the terminal', () => {
  const lines = draw({
    state: state({ victims: [victim('支払いワーカー', { injection: injected }), victim('👷'.repeat(60)), victim('x'.repeat(500))] }),
    live: { readings: [{ probe: 'キュー', unit: '件', value: 3, atMs: nowMs }], limits: [] },
  });
  expect(lines[3]).toBe(`  支払いワーカー${' '.repeat(18)}injected, effect proven`);
  for (const columns of [1, 20, 40, 79, 80])
    for (const line of drawScene(scene({ state: state({ victims: [victim('👷'.repeat(60))], events: [] }) }), columns, bare))
      expect(widthOf(line)).toBeLessThanOrEqual(columns);
  for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(80);
});

test('escape sequences of others do not reach the terminal', () => {
  const evil = '\u001b]0;owned\u0007\u001b[2Jworker\u009b31m\r\nfake line\u202e';
  expect(plainText(evil)).toBe('worker fake line');
  const text = drawScene(
    scene({
      state: state({
        experiment: evil,
        awaiting: evil,
        approvalsRequired: 1,
        victims: [victim(evil)],
        leftovers: [evil],
        events: [{ key: '1', atMs: nowMs, kind: evil, wave: evil, iteration: 0, data: { reason: evil } }],
      }),
      live: {
        readings: [{ probe: evil, unit: evil, value: null, atMs: nowMs, problem: evil }],
        limits: [{ probe: evil, limit: 1, upper: true }],
      },
      trouble: undefined as never,
    }),
    200,
    bare,
  ).join('');
  expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
});

test('fitting counts columns and closes a colour that it cuts', () => {
  expect(fit('abcdef', 4)).toBe('abc…');
  expect(fit('支払い', 4)).toBe('支…');
  expect(pad('支払', 6)).toBe('支払  ');
  expect(fit('\u001b[31mabcdef\u001b[39m', 4)).toBe('\u001b[31mabc…\u001b[0m');
});

test('a picture is drawn over the one before, and taken away', () => {
  const terminal = recordingTerminal({ columns: () => 10 });
  const screen = new Screen(terminal);
  screen.draw(['one', 'two']);
  screen.draw(['three']);
  screen.clear();
  expect(terminal.stderr).toBe('\rone\u001b[K\ntwo\u001b[K\n\u001b[J' + '\u001b[2A\rthree\u001b[K\n\u001b[J' + '\u001b[1A\r\u001b[J');
});

test('a picture that a narrower terminal wraps is taken away whole', () => {
  let columns = 40;
  const terminal = recordingTerminal({ columns: () => columns });
  const screen = new Screen(terminal);
  screen.draw(['x'.repeat(35)]);
  columns = 10;
  screen.clear();
  expect(terminal.stderr.endsWith('\u001b[4A\r\u001b[J')).toBe(true);
});
