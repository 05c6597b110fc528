import { createCommands } from '../../src/adapters/command/run.ts';
import { maskActivities } from '../../src/activities/masking.ts';
import { createMask } from '../../src/domain/mask.ts';

const SECRET = 'Zk3vQ9pL7wXn2sT5yB8';
const mask = createMask();
mask.learn(SECRET);

/** Plays an activity that answers, or throws, under the mask. */
const play = (activity: () => unknown): Promise<unknown> =>
  maskActivities(mask)({} as never).inbound!.execute!({ args: [], headers: {} }, () => Promise.resolve().then(activity));

test('what people read is masked, and what is acted upon is the same as before', async () => {
  const acted = { name: SECRET, reason: SECRET, message: [SECRET], detail: { why: SECRET } };
  const kept = Object.fromEntries(['plan', 'experiment', 'document', 'order', 'labels', 'target', 'fault'].map((key) => [key, acted]));
  expect(await play(() => ({ ...kept, name: SECRET, reason: `no: ${SECRET}`, victims: [{ target: acted, evidence: SECRET }] }))).toEqual({
    ...kept,
    name: SECRET,
    reason: 'no: …',
    victims: [{ target: acted, evidence: '…' }],
  });
});

test('an error keeps its class and loses the secret, also one whose message is read-only, and one that is frozen is thrown as it is', async () => {
  class Own extends Error {}
  // Read-only, as in a DOMException.
  class ReadOnly extends Error {
    override get message(): string {
      return `said ${SECRET}`;
    }
  }
  const own = new Own(`no: ${SECRET}`, { cause: new ReadOnly() });
  const thrown = await play(() => Promise.reject(own)).catch((error: unknown) => error);
  expect(thrown).toBe(own);
  expect([own.message, (own.cause as Error).message]).toEqual(['no: …', 'said …']);
  expect(`${own.stack} ${(own.cause as Error).stack}`).not.toContain(SECRET);
  const frozen = Object.freeze(new Own(`no: ${SECRET}`));
  await expect(play(() => Promise.reject(frozen))).rejects.toBe(frozen);
});

test('what a command prints on stdout is an answer, and is not changed; what it prints on stderr is masked', async () => {
  const line = `process.stdout.write('${SECRET}'); process.stderr.write('no: ${SECRET}')`;
  const command = { argv: [process.execPath, '-e', line], timeoutMs: 20_000 };
  const commands = createCommands({ PATH: process.env['PATH'] }, mask.hide);
  expect(await commands.run(command, AbortSignal.timeout(20_000))).toMatchObject({ stdout: SECRET, stderr: 'no: …' });
});
