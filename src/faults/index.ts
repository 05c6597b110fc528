import * as z from 'zod';
import { containerKill } from './container-kill.ts';
import { containerProcessKill } from './container-process-kill.ts';
import { containerProcessPause } from './container-process-pause.ts';
import { noOp } from './no-op.ts';
import { nodeCordon } from './node-cordon.ts';
import { nodeDrain } from './node-drain.ts';
import { podDelete } from './pod-delete.ts';
import { podEvict } from './pod-evict.ts';
import { processKill } from './process-kill.ts';
import { processPause } from './process-pause.ts';
import { scaleDown } from './scale-down.ts';
import { serviceStop } from './service-stop.ts';
import { trafficShare } from './traffic-share.ts';

/** The catalogue: one file and one line each. */
export const faults = {
  [noOp.kind]: noOp,
  [processKill.kind]: processKill,
  [processPause.kind]: processPause,
  [serviceStop.kind]: serviceStop,
  [containerProcessKill.kind]: containerProcessKill,
  [containerProcessPause.kind]: containerProcessPause,
  [containerKill.kind]: containerKill,
  [podDelete.kind]: podDelete,
  [podEvict.kind]: podEvict,
  [scaleDown.kind]: scaleDown,
  [nodeCordon.kind]: nodeCordon,
  [nodeDrain.kind]: nodeDrain,
  [trafficShare.kind]: trafficShare,
} as const;

/** A fault as a file writes it. */
export const FaultSpec = z.discriminatedUnion('kind', [
  noOp.schema,
  processKill.schema,
  processPause.schema,
  serviceStop.schema,
  containerProcessKill.schema,
  containerProcessPause.schema,
  containerKill.schema,
  podDelete.schema,
  podEvict.schema,
  scaleDown.schema,
  nodeCordon.schema,
  nodeDrain.schema,
  trafficShare.schema,
]);
export type FaultSpec = z.infer<typeof FaultSpec>;
