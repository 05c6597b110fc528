import { readFileSync } from 'node:fs';

/** One instruction, continued lines joined. */
const instructions = readFileSync('deploy/Dockerfile', 'utf8')
  .replace(/\\\n/g, ' ')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

/** The instructions of each stage, by name; a stage that is built on another has that one's too. */
function stagesOf(): Record<string, string[]> {
  const stages: Record<string, string[]> = {};
  let now: string[] = [];
  for (const line of instructions) {
    const [, base = '', name = ''] = /^FROM (\S+) AS (\S+)$/.exec(line) ?? [];
    if (name !== '') stages[name] = now = [...(stages[base] ?? [])];
    now.push(line);
  }
  return stages;
}
const stages = stagesOf();
const finals = ['api', 'worker'].map((name) => [name, stages[name] ?? []] as const);

test('there is a target for the API and one for the worker, each with its own command', () => {
  expect(Object.keys(stages)).toEqual(['build', 'runtime', 'api', 'worker']);
  for (const [name, lines] of finals) expect(lines.filter((line) => line.startsWith('CMD'))).toEqual([`CMD ["${name}"]`]);
});

test('base images are pinned to a release of glibc', () => {
  const bases = instructions.flatMap((line) => /^FROM (\S+)/.exec(line)?.[1] ?? []).filter((base) => !(base in stages));
  expect(bases.length).toBeGreaterThan(0);
  for (const base of bases) expect(base).toMatch(/^node:\d+\.\d+\.\d+-bookworm-slim$/);
});

test.each(finals)('%s does not run as root, and nothing follows that needs it', (_name, lines) => {
  const user = lines.findIndex((line) => line.startsWith('USER'));
  expect(lines[user]).toMatch(/^USER [1-9]\d*:[1-9]\d*$/);
  expect(lines.slice(user + 1).filter((line) => /^(USER|RUN|COPY|ADD)/.test(line))).toEqual([]);
});

test.each(finals)('%s has what was built and no development dependencies, no sources, no secrets', (_name, lines) => {
  const copied = lines.filter((line) => /^(COPY|ADD)/.test(line));
  expect(copied.every((line) => line.startsWith('COPY --from=build /app/'))).toBe(true);
  expect(copied.join('\n')).not.toMatch(/\/app\/src|\.env/);
  expect(lines.filter((line) => /^(ARG|ENV)/.test(line)).join()).not.toMatch(/TOKEN|PASSWORD|SECRET|DATABASE_URL/);
});

test('the workflow bundle and the reaper are proven to be there, and what only building needs is pruned afterwards', () => {
  const build = stages['build']?.join('\n') ?? '';
  expect(build).toMatch(
    /npm ci .*\n[\s\S]*npm run build && .*dist\/workflow-bundle\.js && .*dist\/reaper\/main\.js && npm prune --omit=dev/,
  );
});

test('what is built of secrets and leftovers never reaches the daemon', () => {
  const ignored = readFileSync('.dockerignore', 'utf8').split('\n');
  for (const name of ['node_modules', 'dist', '.git', '.breakwater', '.env']) expect(ignored).toContain(name);
});
