import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readChangeControl } from '../../../src/adapters/changes/file.ts';

const dir = mkdtempSync(join(tmpdir(), 'changes-'));
afterAll(() => rmSync(dir, { recursive: true }));

const example = readFileSync('examples/change-control.yaml', 'utf8');
const read = (text: string) => {
  const path = join(dir, 'change-control.yaml');
  writeFileSync(path, text);
  return readChangeControl(path);
};

test('the example is read; what it does not say has its default', () => {
  expect(read(example)).toMatchObject({
    environments: ['prod*'],
    tickets: ['CHG*'],
    system: {
      kind: 'servicenow',
      auth: { user: 'breakwater', password: { secret: 'servicenow-password' } },
      approvals: ['approved'],
      fields: { state: 'state', start: 'start_date', notes: 'work_notes' },
    },
  });
});

test('each example of the page is read', () => {
  const blocks = [...readFileSync('docs/change-control.md', 'utf8').matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text!);
  expect(blocks.length).toBeGreaterThanOrEqual(3);
  expect(blocks.map((text) => read(text).system.kind)).toEqual(expect.arrayContaining(['servicenow', 'jira', 'http']));
});

const change = (from: string, to: string): string => {
  expect(example).toContain(from);
  return example.replace(from, to);
};

test.each([
  [() => change('kind: servicenow', 'kind: servicenou'), /servicenou|servicenow/],
  [
    () => change('https://example.service-now.com', 'http://example.service-now.com'),
    /expected https:\/\/ \(http:\/\/ on this machine only\)/,
  ],
  [() => change('https://example.service-now.com', 'https://u:p@example.service-now.com'), /without credentials/],
  [() => change('https://example.service-now.com', 'file:///etc/passwd'), /expected an http\(s\) URL/],
  [() => change('environments: [prod*]', 'environments: [Production]'), /expected environments as experiments name them/],
  [() => change('environments: [prod*]', "environments: ['prod*', 'stag?ng']"), /environments/],
  [() => change('tickets: [CHG*]', 'tickets: []'), /tickets|at least|too small/i],
  [() => change('password: { secret: servicenow-password }', 'password: hunter2'), /auth/],
  [() => change('tickets: [CHG*]', 'tickets: [CHG*]\nticket: x'), /ticket/],
])('%#: what is wrong is said with its place', (text, message) => {
  const failure = (() => {
    try {
      return void read(text());
    } catch (error) {
      return error as Error;
    }
  })();
  expect(failure?.message).toMatch(message);
  expect(failure?.message).toMatch(/change-control\.yaml:\d+:\d+/);
  expect(failure?.message).not.toContain('hunter2');
});
