import * as z from 'zod';
import { defineFault } from './define.ts';
import { podExec, podReads } from './kubernetes/access.ts';
import { choose } from './kubernetes/choose.ts';
import { DebugImage, EffectWithin } from './kubernetes/fields.ts';
import { matches, ProcessPattern } from './kubernetes/process-pattern.ts';
import { closeSignal, injectSignal, signalEffect } from './kubernetes/signal-fault.ts';
import { KillSignal } from './process/signals.ts';

/** Sends a signal to a process inside of a container, found by its program or arguments. */
export const containerProcessKill = defineFault('container-process-kill', {
  schema: z.strictObject({
    kind: z.literal('container-process-kill'),
    process: ProcessPattern.describe('which process: executable, argv, or both'),
    count: z.int().min(1).max(20).default(1).describe('how many processes must fit, exactly; all of them are hit'),
    signal: KillSignal.default('SIGKILL').describe(
      'name of the signal; stopping ones are refused, because container-process-pause undoes them',
    ),
    debugImage: DebugImage,
    effectWithin: EffectWithin,
  }),
  reversible: false,
  targets: ['pod'],
  doc: {
    summary:
      'Sends a signal to a process inside of a container, SIGKILL unless another is named. Process 1 takes only signals that it handles: SIGKILL from inside has no effect on it, and is refused. Where the image has no shell, `debugImage` puts a debug container beside it, whose entry stays in the pod’s specification.',
    undo: 'Nothing: the container’s main process, the kubelet or a runbook brings the process back.',
    effect:
      'A second look does not find the process, by pid and start time; or the cluster says that its container ended or was restarted.',
  },
  inject: (ports, spec, order, signal) =>
    injectSignal(ports, spec, order, () => choose(ports, order, wantedBy(spec), spec.signal, signal), signal),
  effect: signalEffect,
  revert: closeSignal,
  manual: () => '# nothing to undo: the kubelet, a supervisor or a runbook brings the process back',
  access: ({ debugImage }, namespace) => [...podReads(namespace), ...podExec(namespace, debugImage !== undefined)],
});

const wantedBy = ({ process, count, debugImage }: { process: ProcessPattern; count: number; debugImage?: string | undefined }) => ({
  isWanted: matches.bind(undefined, process),
  what: `process ${JSON.stringify(process)}`,
  count,
  debugImage,
});
