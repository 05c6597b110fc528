import { inspecting } from './proxies.ts';

/** What a control worker has been told to ask, and whether it answers. */
export interface Inspection {
  /** Absent: no change system is asked. */
  changeControl?: { system: string; reached: boolean; detail: string };
}

/** Looks at what the control workers need beside Temporal and the records, with their settings and credentials. Touches nothing. */
export async function inspect(): Promise<Inspection> {
  const changeControl = await inspecting.reachChangeControl();
  return { ...(changeControl && { changeControl }) };
}
