import { startChangeServer, startJira, startServiceNow, type ChangeServer, type Trouble } from '../../support/change-systems.ts';
import { CREDENTIALS } from '../../support/change-systems.ts';
import { fileFor, note, openChanges, patience, question } from './open.ts';

const kinds = {
  servicenow: { start: (): Promise<ChangeServer> => startServiceNow(), ticket: 'CHG0030001' },
  jira: { start: (): Promise<ChangeServer> => startJira(), ticket: 'OPS-42' },
  http: {
    start: () => startChangeServer(({ path }) => ({ status: 200, body: path === '/check' ? { allow: true } : {} })),
    ticket: 'CHG0030001',
  },
} as const;
type Kind = keyof typeof kinds;

/** What each trouble is called, and whether trying again may help. */
const troubles: [Trouble, RegExp, boolean][] = [
  [401, /answered 401: its credentials are not taken/, false],
  [403, /answered 403/, false],
  [429, /answered 429/, true],
  [500, /answered 500/, true],
  ['hang', /no answer within 700 ms/, true],
  ['cut', /could not be asked/, true],
  ['html', /something else than JSON/, false],
  ['redirect', /redirects are not followed/, false],
  ['huge', /could not be asked: .*exceeded/, true],
  ['wrong-shape', /does not answer as its contract says/, false],
];
const rows = (Object.keys(kinds) as Kind[]).flatMap((kind) => troubles.map((row) => [kind, ...row] as const));

test.each(rows)('%s: %s is no answer', async (kind, trouble, message, retryable) => {
  const server = await kinds[kind].start();
  const changes = openChanges(fileFor[kind](server.url));
  try {
    server.troubles.push(trouble);
    const failure = await changes.system.check(question({ ticket: kinds[kind].ticket }), patience()).then(
      () => undefined,
      (error: unknown) => error as Error,
    );
    expect(failure).toMatchObject({ name: 'ChangeSystemError', retryable, message: expect.stringMatching(message) as string });
    expect(failure!.message).not.toMatch(/secret-echo/);
    expect(server.seen.every(({ path }) => path !== '/elsewhere')).toBe(true);
    const told = [failure!.message, failure!.stack ?? '', JSON.stringify(failure)].join();
    expect(told).not.toContain(CREDENTIALS.password);
    expect(told).not.toContain(Buffer.from(`${CREDENTIALS.user}:${CREDENTIALS.password}`).toString('base64'));
    server.troubles.length = 0;
    expect(await changes.system.check(question({ ticket: kinds[kind].ticket }), patience())).toMatchObject({ approved: true });
  } finally {
    changes.close();
    await server.close();
  }
});

test.each(Object.keys(kinds) as Kind[])(
  '%s: nobody listens, a secret is missing, or a wrong one: said without the secret',
  async (kind) => {
    const server = await kinds[kind].start();
    const { url } = server;
    const missing = openChanges(fileFor[kind](url), {}, () => Promise.reject(new Error("secret 'change-password' is not there")));
    await expect(missing.system.check(question({ ticket: kinds[kind].ticket }), patience())).rejects.toThrow("secret 'change-password'");
    missing.close();
    expect(server.seen).toEqual([]);
    if (kind !== 'http') {
      const wrong = openChanges(fileFor[kind](url), {}, () => Promise.resolve('WRONG'));
      await expect(wrong.system.reach(patience())).rejects.toThrow('answered 401');
      await expect(wrong.system.note(note({ ticket: kinds[kind].ticket }), patience())).rejects.toMatchObject({ retryable: false });
      wrong.close();
    }
    await server.close();
    const gone = openChanges(fileFor[kind](url));
    await expect(gone.system.check(question({ ticket: kinds[kind].ticket }), patience())).rejects.toMatchObject({ retryable: true });
    gone.close();
  },
);
