import type { BreakwaterClient } from '../../client.ts';
import type { Config } from '../../config.ts';
import { searchAttributes } from '../../domain/search-attributes.ts';
import { inTime, withClient } from '../connect.ts';
import { CliError } from '../exit-codes.ts';
import { countPollers } from '../pollers.ts';
import { checkChangeControl } from './change-control.ts';
import { judgeClock } from './clock.ts';
import { fail, ok, orFail, warn, type Finding } from './finding.ts';
import { checkLedgers } from './ledgers.ts';
import { readTemporalClock } from './temporal-clock.ts';

async function checkNamespace(client: BreakwaterClient): Promise<Finding> {
  const { namespace } = client.temporal.options;
  await inTime(client, () => client.temporal.workflowService.describeNamespace({ namespace }));
  return ok('namespace', namespace);
}

async function checkSearchAttributes(client: BreakwaterClient): Promise<Finding> {
  const { namespace } = client.temporal.options;
  const { operatorService } = client.temporal.connection;
  const { customAttributes } = await inTime(client, () => operatorService.listSearchAttributes({ namespace }));
  const missing = Object.keys(searchAttributes).filter((name) => !(name in customAttributes));
  if (missing.length === 0) return ok('search attributes', `all ${Object.keys(searchAttributes).length} are there`);
  const remedy = `temporal operator search-attribute create --namespace ${namespace} ${missing.map((name) => `--name ${name} --type Keyword`).join(' ')}`;
  return fail('search attributes', `missing: ${missing.join(', ')}`, remedy);
}

async function checkQueue(client: BreakwaterClient, queue: string, kind: 'workflow' | 'activity'): Promise<Finding> {
  const pollers = await countPollers(client, queue, kind);
  const check = `workers of ${queue}`;
  if (pollers > 0) return ok(check, `${pollers} ${pollers === 1 ? 'poller' : 'pollers'}`);
  return fail(check, 'nobody polls this task queue', 'start a worker: `breakwater worker`');
}

/** Who sweeps up after a run that was terminated, if not its leases alone. */
async function checkJanitor(client: BreakwaterClient): Promise<Finding> {
  const found = await inTime(client, () => client.describeJanitor());
  const remedy = 'install it: breakwater janitor --install';
  if (found === undefined) return warn('janitor', 'it has no schedule: what a terminated run left is undone by its lease only', remedy);
  return found.isPaused ? warn('janitor', 'its schedule is paused', 'let it go on in Temporal Web, Schedules') : ok('janitor', 'scheduled');
}

function checkPager({ pager }: Config): Finding {
  const isSet = pager.url !== undefined || pager.key !== undefined;
  if (isSet) return ok('pager', 'set here; the control workers need the same setting');
  return warn(
    'pager',
    'none is set here: a leftover would call nobody',
    'set BREAKWATER_PAGER_URL or BREAKWATER_PAGER_KEY for the control workers',
  );
}

async function checkClock(client: BreakwaterClient): Promise<Finding> {
  const { theirsMs, beforeMs, afterMs } = await readTemporalClock(client);
  return judgeClock('Temporal', theirsMs, beforeMs, afterMs);
}

async function checkAll(client: BreakwaterClient, config: Config): Promise<Finding[]> {
  const { taskQueue, sites, temporal } = config;
  const info = await inTime(client, () => client.temporal.workflowService.getSystemInfo({}));
  const temporalRemedy = 'see the answer above; TEMPORAL_NAMESPACE and the permissions of the key decide';
  return Promise.all([
    Promise.resolve(ok('Temporal', `${temporal.address}, server ${info.serverVersion}`)),
    checkNamespace(client).catch(
      orFail('namespace', `create it: temporal operator namespace create --namespace ${temporal.namespace}, or set TEMPORAL_NAMESPACE`),
    ),
    checkSearchAttributes(client).catch(orFail('search attributes', temporalRemedy)),
    checkQueue(client, taskQueue, 'workflow').catch(orFail(`workers of ${taskQueue}`, temporalRemedy)),
    ...sites.map((site) =>
      checkQueue(client, `${taskQueue}.${site}`, 'activity').catch(orFail(`workers of ${taskQueue}.${site}`, temporalRemedy)),
    ),
    checkLedgers(client).catch(orFail('ledgers', temporalRemedy)),
    checkJanitor(client).catch(orFail('janitor', temporalRemedy)),
    checkChangeControl(client).catch(orFail('change control', 'is the control worker of an earlier version? Look at its log')),
    Promise.resolve(checkPager(config)),
    checkClock(client).catch(() => warn('clock against Temporal', 'its time could not be read', 'compare the clocks by hand')),
  ]);
}

/** Temporal: reachable, namespace, search attributes, workers, clock. Takes seconds at most. */
export async function checkTemporal(config: Config): Promise<Finding[]> {
  try {
    return await withClient(config, (client) => checkAll(client, config));
  } catch (cause) {
    if (cause instanceof CliError) return [fail('Temporal', cause.message, cause.remedy ?? '')];
    return [orFail('Temporal', 'is it a Temporal server that answers there?')(cause)];
  }
}
