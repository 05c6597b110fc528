import type { RunHead, RunRecord } from './ports.ts';

/** The head of a run. */
export const headOf = ({ experiment: _experiment, result: _result, ...head }: RunRecord): RunHead => head;
