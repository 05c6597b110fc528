/** Workflow type of the ledger. Wire format. */
export const LEDGER = 'ledger';

/**
 * Instead of an environment: the ledger that keeps nothing but the halt of all environments together.
 * No environment can have this name, because names begin with a letter or a digit.
 */
export const EVERYWHERE = '_all';

/** Messages that a run sends to its ledger, and the ledger to a run. Wire format. */
export const MESSAGES = {
  /** Update: may this wave begin? Signal: the same, when the update was not answered soon; the answer then comes by signal. */
  acquire: 'acquire',
  /** Signal: the wave is over. */
  leave: 'leave',
  /** Signal: the run wants nothing more. */
  release: 'release',
  /** Signal and update: stop everything here. */
  halt: 'halt',
  /** Signal to the run: what the ledger says of its wave. */
  answer: 'ledgerAnswer',
} as const;

/** Name of the memo field that holds the halt, so that it can be read without a worker. */
export const HALT_MEMO = 'halt';

/** Name of the memo field that tells how many runs hold something and how many wait. */
export const PLACES_MEMO = 'places';

/**
 * Id of an environment's ledger: `ledger.staging.breakwater`. The task queue belongs to it, because the workers of an installation serve
 * its own ledgers only; neither part can be mistaken for the other, because an environment holds no dot.
 */
export const ledgerId = (environment: string, taskQueue: string): string => `${LEDGER}.${environment}.${taskQueue}`;

/** Whether a text can be the name of an environment, as in an experiment's metadata. */
export const isEnvironment = (text: string): boolean => /^[a-z0-9][a-z0-9-]{0,62}$/.test(text);
