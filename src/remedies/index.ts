import * as z from 'zod';
import { argoRollout } from './argo-rollout.ts';
import { commandRemedy } from './command.ts';
import { httpRequest } from './http-request.ts';
import { kubernetesDeletePod } from './kubernetes-delete-pod.ts';
import { kubernetesRestart } from './kubernetes-restart.ts';
import { kubernetesRolloutUndo } from './kubernetes-rollout-undo.ts';
import { kubernetesScale } from './kubernetes-scale.ts';
import { kubernetesUncordon } from './kubernetes-uncordon.ts';
import { serviceStart } from './service-start.ts';

/** The catalogue: one file and one line each. */
export const remedies = {
  [commandRemedy.kind]: commandRemedy,
  [httpRequest.kind]: httpRequest,
  [serviceStart.kind]: serviceStart,
  [kubernetesScale.kind]: kubernetesScale,
  [kubernetesRestart.kind]: kubernetesRestart,
  [kubernetesRolloutUndo.kind]: kubernetesRolloutUndo,
  [argoRollout.kind]: argoRollout,
  [kubernetesDeletePod.kind]: kubernetesDeletePod,
  [kubernetesUncordon.kind]: kubernetesUncordon,
} as const;

/** A repair as a file writes it. */
export const RemedySpec = z.discriminatedUnion('kind', [
  commandRemedy.schema,
  httpRequest.schema,
  serviceStart.schema,
  kubernetesScale.schema,
  kubernetesRestart.schema,
  kubernetesRolloutUndo.schema,
  argoRollout.schema,
  kubernetesDeletePod.schema,
  kubernetesUncordon.schema,
]);
export type RemedySpec = z.infer<typeof RemedySpec>;
