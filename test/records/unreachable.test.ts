import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createRecords } from '../../src/records/postgres.ts';
import { createDatabase, sql } from './database.ts';

/** The error of one deed, and how long it took, milliseconds. */
async function failureOf(
  url: string,
  deed: 'ping' | 'migrate' = 'ping',
): Promise<{ message: string; retryable: unknown; tookMs: number; all: string }> {
  const records = createRecords({ url, maxConnections: 1, connectTimeoutMs: 500, statementTimeoutMs: 500 });
  const startedMs = Date.now();
  const error = await records[deed]().then(
    () => new Error('it worked'),
    (cause: unknown) => cause as Error,
  );
  const tookMs = Date.now() - startedMs;
  await records.close();
  return {
    message: error.message,
    retryable: (error as { retryable?: unknown }).retryable,
    tookMs,
    all: JSON.stringify(error, Object.getOwnPropertyNames(error)),
  };
}

const listen = async (onSocket: (socket: Socket) => void): Promise<{ server: Server; port: number }> => {
  const server = createServer(onSocket).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
};

test.each(['ping', 'migrate'] as const)('nobody listens: %s fails at once, clearly, without the password', async (deed) => {
  const { server, port } = await listen(() => undefined);
  await new Promise((done) => server.close(done));
  const failure = await failureOf(`postgres://ada:hunter2@127.0.0.1:${port}/records`, deed);
  expect(failure.message).toMatch(new RegExp(`^records: cannot ${deed}: .*ECONNREFUSED.*; check that PostgreSQL runs`));
  expect(failure.retryable).toBe(true);
  expect(failure.all).not.toContain('hunter2');
  expect(failure.tookMs).toBeLessThan(2_000);
});

test.each(['ping', 'migrate'] as const)('somebody listens and says nothing: %s gives up in time', async (deed) => {
  const sockets: Socket[] = [];
  const { server, port } = await listen((socket) => sockets.push(socket.on('error', () => undefined)));
  const failure = await failureOf(`postgres://ada:hunter2@127.0.0.1:${port}/records`, deed);
  sockets.forEach((socket) => socket.destroy());
  server.close();
  expect(failure.message).toMatch(/timeout/);
  expect(failure.tookMs).toBeLessThan(3_000);
});

test('a URL that is none, with a password in it', async () => {
  const failure = await failureOf('postgres://ada:hunter2@not a host:99999999/x');
  expect(failure.message).toMatch(/^records: cannot ping/);
  expect(failure.all).not.toContain('hunter2');
});

describe('with a real server', () => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  beforeAll(async () => {
    database = await createDatabase();
  });
  afterAll(() => database.drop());

  test('a wrong password is no reason to retry, and is not shown', async () => {
    const url = new URL(database.url);
    url.username = 'nobody-of-that-name';
    url.password = 'hunter2';
    const failure = await failureOf(url.href);
    expect(failure).toMatchObject({
      retryable: false,
      message: expect.stringMatching(/SQLSTATE 28.*check that PostgreSQL runs/) as string,
    });
    expect(failure.all).not.toContain('hunter2');
  });

  test('a database that was never migrated says what is missing', async () => {
    const records = createRecords({ url: database.url, maxConnections: 1 });
    await expect(records.events('x')).rejects.toThrow(/cannot read events: relation "breakwater.events" does not exist \(SQLSTATE 42P01\)/);
    await records.close();
  });

  test('a statement that waits for a lock ends in time', async () => {
    const records = createRecords({ url: database.url, maxConnections: 1, statementTimeoutMs: 300 });
    await records.migrate();
    const holding = sql(database.url, 'BEGIN; LOCK TABLE breakwater.events; SELECT pg_sleep(2); COMMIT');
    await new Promise((done) => setTimeout(done, 300));
    const startedMs = Date.now();
    await expect(records.events('x')).rejects.toMatchObject({
      retryable: true,
      message: expect.stringMatching(/statement timeout/) as string,
    });
    expect(Date.now() - startedMs).toBeLessThan(1_500);
    await holding;
    await records.close();
  });
});
