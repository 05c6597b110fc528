/** No sooner: a busy server or worker may be silent for a second without being dead. */
const LEAST_MS = 1_500;
/** No later, whatever the run bears: at the end of a hold its undo waits for whoever notices. */
const MOST_MS = 3_000;
/** Beats within the time after which silence means death: two, with something to spare for a busy machine. */
const BEATS = 2.15;

/**
 * How long the worker of a watching activity may be silent before its watch moves to another, milliseconds. A silence that the run bears
 * need not be noticed sooner, and noticing costs: a beat is a call to the server, a millisecond of its CPU.
 * @param maxBlindMs the experiment's `guard.maxBlind`; absent where no fault is watched
 */
export const deadAfterMs = (maxBlindMs = MOST_MS): number => Math.min(MOST_MS, Math.max(LEAST_MS, maxBlindMs));

/** How often a watching activity beats whose silence means death after `deadMs`, milliseconds. */
export const beatEveryMs = (deadMs = MOST_MS): number => Math.floor(deadMs / BEATS);
