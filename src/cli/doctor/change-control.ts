import type { BreakwaterClient } from '../../client.ts';
import { inTime } from '../connect.ts';
import { countPollers } from '../pollers.ts';
import { fail, ok, warn, type Finding } from './finding.ts';

const CHECK = 'change control';

/** Whether the change system answers the control workers: they have the settings and the credentials, so one of them is asked. */
export async function checkChangeControl(client: BreakwaterClient): Promise<Finding> {
  if ((await countPollers(client, client.taskQueue, 'workflow')) === 0)
    return warn(CHECK, 'not asked: no control worker is there', 'start a worker: `breakwater worker`');
  const { changeControl } = await inTime(client, () => client.inspect());
  if (!changeControl) return ok(CHECK, 'the worker has no BREAKWATER_CHANGE_CONTROL: no ticket is asked about');
  const { system, reached, detail } = changeControl;
  if (reached) return ok(CHECK, `${system}: ${detail}`);
  return fail(CHECK, `${system}: ${detail}`, 'every run that needs a ticket is denied until it answers (docs/change-control.md)');
}
