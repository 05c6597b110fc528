import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from '../records/database.ts';
import { databaseUrl, freshDir, temporalAddress } from '../support/servers.ts';
import { nameCanary, plainCanary, signedCanary } from './scanner.ts';

/** What nobody may ever read, by the way in which Breakwater gets it. */
export const createCanaries = () => ({
  environment: signedCanary(),
  file: signedCanary(),
  remedy: plainCanary(),
  database: signedCanary(),
  probedDatabase: signedCanary(),
  wrongDatabase: signedCanary(),
  probeUser: plainCanary(),
  probeQuery: plainCanary(),
  apiToken: plainCanary(),
  pagerPath: plainCanary(),
  pagerQuery: plainCanary(),
  pagerKey: plainCanary(),
  auditPath: plainCanary(),
  auditQuery: plainCanary(),
  wrongToken: plainCanary(),
  urlQuery: plainCanary(),
  urlUser: plainCanary(),
});
export type Canaries = ReturnType<typeof createCanaries>;

/** A role of its own with this password, and a database that it owns. @returns its address */
async function createOwnDatabase(name: string, password: string): Promise<{ url: URL; drop(): Promise<void> }> {
  const [admin, literal] = [databaseUrl(), `'${password.replaceAll("'", "''")}'`];
  await sql(admin, `CREATE ROLE ${name} LOGIN PASSWORD ${literal}`);
  await sql(admin, `CREATE DATABASE ${name} OWNER ${name}`);
  const url = new URL(admin);
  [url.pathname, url.username, url.password] = [`/${name}`, name, encodeURIComponent(password)];
  const drop = async (): Promise<void> => {
    await sql(admin, `DROP DATABASE ${name} WITH (FORCE)`);
    await sql(admin, `DROP ROLE ${name}`);
  };
  return { url, drop };
}

const script = (dir: string, name: string, text: string): void => writeFileSync(join(dir, `${name}.sh`), `${text}\n`);

/** Programs that a careless person has written. */
function writeScripts(dir: string, secretsDir: string): void {
  script(dir, 'good', 'echo 1');
  script(dir, 'stderr', 'echo "cannot log in with $TOKEN" >&2; exit 1');
  script(dir, 'stdout', 'echo "$TOKEN"');
  script(dir, 'service', `cat ${secretsDir}/http-token; test ! -e ${dir}/stopped || exit 3`);
  script(dir, 'stop', `touch ${dir}/stopped; kill -9 $(cat ${dir}/victim.pid)`);
  script(dir, 'start', `cat ${secretsDir}/http-token >&2; cat ${secretsDir}/http-token; exit 1`);
}

/** Folders, database and settings, with a secret in every place that may hold one. @param planted is in the path of every script */
export async function prepare(teller: string, planted: string) {
  const canaries = createCanaries();
  const name = `secrets_${nameCanary()}`.slice(0, 20);
  const dir = await freshDir('secrets');
  const [home, scripts, secretsDir] = [join(dir, 'home'), join(dir, `scripts-${planted}`), join(dir, 'kept')];
  for (const folder of [home, scripts, secretsDir]) mkdirSync(folder);
  writeScripts(scripts, secretsDir);
  const own = await createOwnDatabase(name, canaries.database);
  const probed = await createOwnDatabase(`${name}_p`, canaries.probedDatabase);
  const wrong = new URL(probed.url);
  wrong.username = canaries.probeUser;
  wrong.password = encodeURIComponent(canaries.wrongDatabase);
  wrong.searchParams.set('application_name', canaries.probeQuery);
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  writeFileSync(join(secretsDir, 'audit.pem'), pem, { mode: 0o600 });
  writeFileSync(join(secretsDir, 'http-token'), `Bearer ${canaries.file}\n`);
  writeFileSync(join(secretsDir, 'wrong-database'), wrong.href);
  writeFileSync(join(secretsDir, 'pager'), canaries.pagerKey);
  chmodSync(secretsDir, 0o700);
  const env = {
    TEMPORAL_ADDRESS: temporalAddress(),
    BREAKWATER_TASK_QUEUE: name,
    BREAKWATER_HOME: home,
    BREAKWATER_DATABASE_URL: own.url.href,
    BREAKWATER_SECRETS_DIR: secretsDir,
    BREAKWATER_SECRET_COMMAND_TOKEN: canaries.environment,
    BREAKWATER_SECRET_REMEDY_TOKEN: canaries.remedy,
    BREAKWATER_SECRET_RIGHT_DATABASE: probed.url.href,
    BREAKWATER_PAGER_URL: `${teller}/pager/${canaries.pagerPath}?token=${canaries.pagerQuery}`,
    BREAKWATER_PAGER_KEY: 'pager',
    BREAKWATER_AUDIT_KEY: join(secretsDir, 'audit.pem'),
    BREAKWATER_AUDIT_URL: `${teller}/audit/${canaries.auditPath}?token=${canaries.auditQuery}`,
    BREAKWATER_AUDIT_CHECKPOINTS: join(home, 'checkpoints.jsonl'),
    BREAKWATER_AUDIT_EVERY: '1s',
    BREAKWATER_LOG_LEVEL: 'trace',
    BREAKWATER_JANITOR_EVERY: '10s',
    BREAKWATER_API_TOKEN: canaries.apiToken,
    BREAKWATER_PROCESS: '1',
  };
  const key = pem.split('\n').filter((line) => line !== '' && !line.startsWith('-----'));
  // The first characters of every such key are the same.
  const secrets: Record<string, string> = { ...canaries, auditKey: key.join('').slice(24) };
  const drop = async (): Promise<void> => {
    await own.drop();
    await probed.drop();
  };
  return { canaries, secrets, env, taskQueue: name, home, scripts, databaseUrl: own.url.href, drop };
}
