import type { FaultPorts, LeasePort } from '../faults/ports.ts';
import type { ProbePorts } from '../probes/ports.ts';
import type { Records } from '../records/ports.ts';
import type { RemedyPorts } from '../remedies/ports.ts';
import type { TargetPorts } from '../targets/ports.ts';

/** What a site's activities need of the world. */
export interface SitePorts {
  faults: FaultPorts;
  leases: LeasePort;
  probes: ProbePorts;
  remedies: RemedyPorts;
  targets: TargetPorts;
  records: Pick<Records, 'appendSamples'>;
}

/** What the control activities need: the records, and the hour. */
export interface ControlPorts {
  records: Records;
  nowMs(): number;
}
