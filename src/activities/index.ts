import { createFaultActivities } from './faults.ts';
import { createGuard } from './guard.ts';
import type { SitePorts } from './ports.ts';
import { createPrepare } from './prepare.ts';
import { createPreview } from './preview.ts';
import { createRecovery } from './recovery.ts';
import { createRemedyActivities } from './remedies.ts';

/** All that runs next to the victims, on the site's own task queue. */
export const createSiteActivities = (ports: SitePorts) => ({
  ...createPrepare(ports),
  ...createPreview(ports),
  ...createGuard(ports),
  ...createRecovery(ports),
  ...createFaultActivities(ports.faults, ports.leases),
  ...createRemedyActivities(ports.remedies),
});

export type SiteActivities = ReturnType<typeof createSiteActivities>;
export { createControlActivities, type ControlActivities } from './control.ts';
