import { readdirSync } from 'node:fs';
import * as z from 'zod';
import { FaultSpec, faults } from '../../src/faults/index.ts';
import { remedies } from '../../src/remedies/index.ts';
import { targets } from '../../src/targets/index.ts';

const filesOf = (room: string, others: string[]) =>
  readdirSync(`src/${room}`, { withFileTypes: true })
    .filter((file) => file.isFile() && !others.includes(file.name))
    .map((file) => file.name.replace(/\.ts$/, ''))
    .sort();

test('every file of a catalogue has its line in the index', () => {
  const house = ['define.ts', 'index.ts', 'ports.ts'];
  expect(Object.keys(faults).sort()).toEqual(filesOf('faults', house));
  expect(Object.keys(remedies).sort()).toEqual(filesOf('remedies', house));
  const parts = ['process-match.ts', 'process-ready.ts', 'process-selector.ts', 'pod-access.ts', 'pod-aim.ts', 'pod-spec.ts'];
  const shared = ['kubernetes-consent.ts', 'kubernetes-nodes.ts', 'kubernetes-owners.ts', 'kubernetes-words.ts'];
  expect(Object.keys(targets).sort()).toEqual(filesOf('targets', [...house, ...parts, ...shared]));
});

test.each(Object.values(faults))('$kind is documented and has a JSON Schema for authors', ({ schema, doc, kind }) => {
  expect(Object.values(doc).every((text) => text.length > 20)).toBe(true);
  expect(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })).toMatchObject({
    properties: { kind: { const: kind } },
    additionalProperties: false,
  });
});

test.each<[object, RegExp]>([
  [{ kind: 'process-kill', signal: 'SIGSTOP' }, /process-pause/],
  [{ kind: 'process-kill', signal: 'KILL' }, /name of a signal/],
  [{ kind: 'process-kill', signal: 9 }, /name of a signal/],
  [{ kind: 'process-kill', force: true }, /force/],
  [{ kind: 'process-kill', effectWithin: 5 }, /string|duration/],
  [{ kind: 'process-pause', seconds: 5 }, /seconds/],
  [{ kind: 'service-stop', stop: 'systemctl stop x', start: ['a'], status: ['b'] }, /array/],
  [{ kind: 'service-stop', stop: [], start: ['a'], status: ['b'] }, /one element each/],
  [{ kind: 'container-kill', signal: 'SIGKILL' }, /no effect.*pod-delete.*container-process-kill/],
  [{ kind: 'container-process-kill', process: {} }, /executable, argv, or both/],
  [{ kind: 'container-process-kill', process: { executable: 'node' } }, /absolute path/],
  [{ kind: 'container-process-kill', process: { argv: ['a'] }, effectWithin: '1m' }, /10s at most/],
  [{ kind: 'container-process-pause', process: { argv: ['a'] }, count: 2 }, /count/],
  [{ kind: 'pod-delete', gracePeriod: '1500ms' }, /whole seconds/],
  [{ kind: 'pod-evict', mode: 'force' }, /respect/],
  [{ kind: 'scale-down' }, /exactly one of to, by/],
  [{ kind: 'scale-down', to: 1, by: 1 }, /exactly one of to, by/],
  [{ kind: 'pkill' }, /kind/],
])('%j is refused', (spec, message) => {
  const parsed = FaultSpec.safeParse(spec);
  expect(parsed.success ? 'accepted' : z.prettifyError(parsed.error)).toMatch(message);
});
