import { spawnSync } from 'node:child_process';

const TOOLS: [string, string[]][] = [
  ['git', ['--version']],
  ['ssh-keygen', ['-?']],
];

/** Why there is no real Git here, or none that can check a signature; undefined when there is. */
function missingTool(): string | undefined {
  const missing = TOOLS.find(([tool, args]) => spawnSync(tool, args, { stdio: 'ignore' }).error);
  return missing && `${missing[0]} is not installed: apt-get install -y git openssh-client`;
}

/** `describe` for suites that make real repositories with real signatures: skipped, and said so, where they cannot. BREAKWATER_REQUIRE_SERVERS=1 forbids the skip. */
export const describeWithGit: jest.Describe = (() => {
  const why = missingTool();
  if (why === undefined) return describe;
  if (process.env['BREAKWATER_REQUIRE_SERVERS'] === '1') throw new Error(why);
  console.warn(`SKIPPED: ${why}`);
  return describe.skip;
})();
