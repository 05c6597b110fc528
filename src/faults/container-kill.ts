import * as z from 'zod';
import { defineFault } from './define.ts';
import { podExec, podReads } from './kubernetes/access.ts';
import { choose, noEffectOnInit } from './kubernetes/choose.ts';
import { DebugImage, EffectWithin } from './kubernetes/fields.ts';
import { closeSignal, injectSignal, signalEffect } from './kubernetes/signal-fault.ts';
import { KillSignal } from './process/signals.ts';

/** Sends a signal to a container's main process, from inside of it: with no more rights than to exec. */
export const containerKill = defineFault('container-kill', {
  schema: z.strictObject({
    kind: z.literal('container-kill'),
    signal: KillSignal.refine((name) => name !== 'SIGKILL', {
      error: noEffectOnInit('SIGKILL'),
      abort: true,
    })
      .default('SIGTERM')
      .describe('one that the main process handles; SIGKILL is refused, because the kernel drops it'),
    debugImage: DebugImage,
    effectWithin: EffectWithin,
  }),
  reversible: false,
  targets: ['pod'],
  doc: {
    summary:
      'Sends a signal, SIGTERM unless another is named, to the container’s main process: process 1 of its pid namespace. The kernel drops what that process does not handle, SIGKILL always: then nothing ends, and the fault is not proven.',
    undo: 'Nothing: the kubelet restarts the container, by the pod’s restartPolicy.',
    effect: 'The cluster says that the container ended or was restarted: another restart count, another container id.',
  },
  inject: (ports, spec, order, signal) =>
    injectSignal(ports, spec, order, () => choose(ports, order, mainProcess(spec.debugImage), spec.signal, signal), signal),
  effect: signalEffect,
  revert: closeSignal,
  manual: () => '# nothing to undo: the kubelet restarts the container',
  access: ({ debugImage }, namespace) => [...podReads(namespace), ...podExec(namespace, debugImage !== undefined)],
});

/** In a pid namespace that is shared, process 1 is not the container's, and nothing fits. */
const mainProcess = (debugImage: string | undefined) => ({
  isWanted: ({ pid }: { pid: number }) => pid === 1,
  what: 'main process (process 1 of a pid namespace of its own)',
  count: 1,
  debugImage,
});
