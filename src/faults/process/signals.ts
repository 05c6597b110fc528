import * as z from 'zod';

/** Signals that leave a process stopped: an instantaneous fault would leave it so for ever. */
const STOPPING = ['SIGSTOP', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU'];

/** Signals that do nothing unless the process asks for them, see signal(7): their effect is not visible from outside. */
export const IGNORED_BY_DEFAULT = ['SIGCHLD', 'SIGCONT', 'SIGURG', 'SIGWINCH'];

const NAMES = [
  ...['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGABRT', 'SIGUSR1', 'SIGUSR2', 'SIGALRM', 'SIGPIPE', 'SIGSEGV', 'SIGBUS'],
  ...['SIGFPE', 'SIGILL', 'SIGTRAP', 'SIGSYS', 'SIGXCPU', 'SIGXFSZ', 'SIGVTALRM', 'SIGPROF', 'SIGIO', 'SIGPWR', ...IGNORED_BY_DEFAULT],
];

/** The name of a signal that `process-kill` may send. */
export const KillSignal = z.enum(NAMES, {
  error: ({ input }) =>
    STOPPING.includes(String(input))
      ? `${String(input)} would leave the process stopped: use the fault process-pause, which is undone`
      : `expected the name of a signal, such as ${NAMES.slice(0, 5).join(', ')}`,
});
