import { KubernetesError } from '../../domain/kubernetes/port.ts';
import type { FaultPorts } from '../ports.ts';
import { OURS } from './scripts.ts';

/** Longest that a program in a container is waited for, milliseconds; an order lives for 15 s. */
const ANSWERS_WITHIN_MS = 5_000;

/** Where a program is run. */
export interface Inside {
  namespace: string;
  pod: string;
  container: string;
}

/**
 * What is known of a program in a container. `lost`: it may have run, or not, or be running still. `shellless`: the image has no `sh`.
 * `refused`: it was not started.
 */
export type Ran = { kind: 'ran'; stdout: string; stderr: string } | { kind: 'lost' | 'refused' | 'shellless'; why: string };

const MAX_SAID = 200;
const NO_SHELL = /"sh".*(executable file not found|no such file)|exec:? "?sh"?: .*not found|stat .*\/sh: no such file/i;

/** What the API server and container runtimes say of a program that never began. */
const NOT_STARTED =
  /container not found|not running|container is (in|not)|failed to (create|start) exec|cannot exec in a (stopped|paused)/i;

/** Runs one of the constant scripts. Values are its positional parameters. Never throws, but for an abort. */
export async function runInside(
  { kubernetes }: Pick<FaultPorts, 'kubernetes'>,
  where: Inside,
  script: string,
  parameters: readonly (string | number)[],
  signal: AbortSignal,
): Promise<Ran> {
  const argv = ['sh', '-c', script, OURS, ...parameters.map(String)];
  try {
    const { exitCode, stdout, stderr, failure } = await kubernetes.exec({ ...where, argv, timeoutMs: ANSWERS_WITHIN_MS }, signal);
    const all = `${failure ?? ''} ${stderr}`.trim();
    const said = all.length > MAX_SAID ? `… ${all.slice(-MAX_SAID)}` : all; // the reason comes last
    if (exitCode === 0) return { kind: 'ran', stdout, stderr: stderr.trim().slice(0, 300) };
    if (NO_SHELL.test(all)) return { kind: 'shellless', why: `container ${where.container} has no shell (sh): ${said}` };
    if (failure !== undefined && NOT_STARTED.test(failure)) return { kind: 'refused', why: `it was not started: ${said}` };
    return {
      kind: 'lost',
      why: exitCode === null ? `the connection ended without a status ${said}`.trim() : `exit code ${exitCode} ${said}`,
    };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof KubernetesError)) throw error;
    if (error.status === 403) return { kind: 'refused', why: `${error.message} (create on pods/exec in namespace ${where.namespace})` };
    return { kind: error.status >= 400 && error.status < 500 ? 'refused' : 'lost', why: error.message };
  }
}
