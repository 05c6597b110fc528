import { createAccessCheck } from './access.ts';
import { createApprovals } from './approvals.ts';
import { createBudgets } from './budgets.ts';
import { createFaultActivities } from './faults.ts';
import { createGuard } from './guard.ts';
import { createCensus } from './census.ts';
import { createChangeControl } from './change-control.ts';
import { createComparisons } from './comparisons.ts';
import { createControl } from './control.ts';
import { createHalts } from './halts.ts';
import { createJanitorial } from './janitorial.ts';
import { createLeaseActivities } from './leases.ts';
import { createTurns } from './ledger.ts';
import { createReviews } from './review.ts';
import { createWorth } from './worth.ts';
import { createPaging } from './paging.ts';
import type { ControlPorts, SitePorts } from './ports.ts';
import { createPrepare } from './prepare.ts';
import { createPreview } from './preview.ts';
import { createRecovery } from './recovery.ts';
import { createRemedyActivities } from './remedies.ts';
import { renewedAtTarget } from './renewing.ts';
import { createSchedules } from './schedules.ts';
import { createSurvey } from './survey.ts';

/** All that runs next to the victims, on the site's own task queue. */
export const createSiteActivities = (ports: SitePorts, checkAccess = createAccessCheck(ports.targets.kubernetes)) => ({
  ...createPrepare(ports, checkAccess),
  ...createPreview(ports, checkAccess),
  ...createCensus(ports, checkAccess),
  ...createBudgets(ports),
  ...createSurvey(ports),
  ...createGuard({ ...ports, leases: renewedAtTarget(ports.leases, ports.faults) }),
  ...createRecovery(ports),
  ...createFaultActivities(ports.faults, ports),
  ...createRemedyActivities(ports.remedies, ports),
  ...createLeaseActivities(ports.leases),
});

export type SiteActivities = ReturnType<typeof createSiteActivities>;

/** All that runs beside the workflows, on the control queue. */
export const createControlActivities = (ports: ControlPorts) => {
  const control = createControl(ports);
  return {
    ...control,
    ...createApprovals(ports),
    ...createComparisons(ports.records),
    ...createTurns(control),
    ...createWorth(ports),
    ...createSchedules(ports),
    ...createReviews(ports),
    ...createHalts(ports),
    ...createPaging(ports),
    ...createChangeControl(ports),
    ...createJanitorial(ports),
  };
};

export type ControlActivities = ReturnType<typeof createControlActivities>;
