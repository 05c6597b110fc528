/** One place among the workers. The first is the canary; it and the second may be lost without harm, the others carry the load. */
export interface WorkerPlace {
  index: number;
  name: string;
  role: 'canary' | 'standard';
  critical: boolean;
  /** By these Breakwater selects; workers carry them in BREAKWATER_LABELS. */
  labels: Record<string, string>;
}

/** @param index 0 and up */
export function workerPlace(index: number): WorkerPlace {
  const role = index === 0 ? 'canary' : 'standard';
  const critical = index > 1;
  const labels = { app: 'payment-worker', 'payment-worker': role, critical: String(critical) };
  return { index, name: `payment-worker-${index}`, role, critical, labels };
}

/** As BREAKWATER_LABELS wants them: `k=v,k=v`. */
export const labelText = (labels: Record<string, string>): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
