import type { RunEvent, RunRecord } from '../../src/records/ports.ts';
import { parseDocument } from '../../src/language/experiment.ts';
import { CLEARED, openLeftovers } from '../../src/report/leftovers.ts';
import { aRun } from '../records/examples.ts';
import { experimentDocument } from '../workflows/harness/document.ts';

const identity = { bootId: 'b00t', pid: 4_711, startTicks: 99 };
const target = (name: string) => ({
  kind: 'process',
  id: `process:b00t:4711:99:${name}`,
  site: 'local',
  name: `${name}: (pid 4711)`,
  labels: {},
  identity,
});
const [one, two] = [target('one'), target('two')];
const whatOf = ({ name, id }: typeof one): string => `process-pause on ${name}: ${id}`;
const keyOf = ({ id }: typeof one): string => `${aRun().workflowId}/single/0/${id}`;

let count = 0;
const event = (kind: string, data: Record<string, unknown>, place: Partial<RunEvent> = {}): RunEvent => ({
  key: `e${count++}`,
  atMs: 1_000 + count,
  kind,
  data,
  ...place,
});
const place = { wave: 'single', iteration: 0 };
const chosen = event('victims-chosen', { victims: [one, two] }, place);
const run: RunRecord = {
  ...aRun({ site: 'eu-1', experiment: { ...parseDocument(experimentDocument()) } }),
  ...{ closedAtMs: 5_000, verdict: 'error', reason: 'leftovers', result: { leftovers: [whatOf(one)] } },
};
const keys = (events: RunEvent[], record = run): string[] => openLeftovers(record, events).map(({ key }) => key);
const stuck = (of: typeof one, outcome: string) =>
  event('janitor', {
    key: keyOf(of),
    outcome,
    why: 'refused',
    fault: 'process-pause',
    target: of.name,
    site: 'eu-1',
    manual: 'kill -CONT 4711',
  });

test('what the run could not undo comes with its site, its time and the command', () => {
  const told = event('leftover', { what: whatOf(one) }, place);
  expect(openLeftovers(run, [chosen, told])).toEqual([
    {
      key: keyOf(one),
      workflowId: run.workflowId,
      site: 'eu-1',
      what: whatOf(one),
      sinceMs: told.atMs,
      why: 'the run could not undo it',
      manual: expect.stringMatching(/boot_id.* = b00t .*\/proc\/4711\/stat.* = 99 \] && kill -CONT 4711$/) as string,
    },
  ]);
});

test('why the run could not undo it is told, where its record says', () => {
  const told = event('leftover', { what: whatOf(one), why: 'revertFault: was changed by somebody else' }, place);
  expect(openLeftovers(run, [chosen, told])).toMatchObject([
    { why: 'the run could not undo it: revertFault: was changed by somebody else' },
  ]);
});

test('a run whose events were lost still tells it by its result', () => {
  expect(openLeftovers(run, [])).toMatchObject([
    { what: whatOf(one), sinceMs: 5_000, manual: expect.stringMatching(/^# look at it by hand/) as string },
  ]);
  expect(keys([chosen])).toEqual([keyOf(one)]);
  expect(keys([], { ...run, result: {} })).toEqual([]);
});

test('what the janitor could not undo is there once, and gone when it was undone later', () => {
  const told = event('leftover', { what: whatOf(one) }, place);
  expect(keys([chosen, told, stuck(one, 'leftover'), stuck(two, 'leftover')])).toEqual([keyOf(one), keyOf(two)]);
  expect(keys([chosen, told, stuck(one, 'leftover'), stuck(one, 'undone')])).toEqual([]);
  expect(openLeftovers({ ...run, result: {} }, [stuck(two, 'leftover')])).toMatchObject([
    { why: 'refused', manual: 'kill -CONT 4711', site: 'eu-1' },
  ]);
});

test('a fence that could not be taken back is one leftover, whoever tells it', () => {
  const route = { ...target('web'), kind: 'route', id: 'route:http-route:shop/web', name: 'http-route shop/web' };
  const fenced = { ...run, experiment: { ...run.experiment, traffic: { route: { kind: 'http-route' }, maxShare: 0.05, set: 0.05 } } };
  const key = `${run.workflowId}/single/0/fence/${route.id}`;
  const set = event('fence-set', { target: route, share: '5%' }, place);
  const told = event('leftover', { what: `traffic-share on ${route.name}: ${route.id}`, why: 'changed by somebody else' }, place);
  const swept = event('janitor', { key, outcome: 'leftover', why: 'refused', fault: 'traffic-share', target: route.name, site: 'eu-1' });
  const none = { ...fenced, result: {} };
  expect(keys([chosen, set, told, swept], none)).toEqual([key]);
  expect(keys([chosen, set, told, swept, event('janitor', { key, outcome: 'undone' })], none)).toEqual([]);
});

test('a person clears a run or a key; what is left behind afterwards is there again', () => {
  const told = [event('leftover', { what: whatOf(one) }, place), event('leftover', { what: whatOf(two) }, place)];
  expect(keys([chosen, ...told, event(CLEARED, { by: 'ann', key: keyOf(one) }, { atMs: 9_000 })])).toEqual([keyOf(two)]);
  const cleared = event(CLEARED, { by: 'ann' }, { atMs: 9_000 });
  expect(keys([chosen, ...told, cleared])).toEqual([]);
  expect(keys([chosen, ...told, cleared, { ...stuck(two, 'leftover'), atMs: 9_001 }])).toEqual([keyOf(two)]);
});

test('records of another shape lose nothing', () => {
  const strange = { ...run, experiment: { waves: 7 } };
  expect(keys([chosen, event('leftover', {}), event('victims-chosen', { victims: 'none' })], strange)).toHaveLength(2);
});
