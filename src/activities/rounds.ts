/** How often everybody has a turn, milliseconds. */
const ROUND_MS = 2_000;
/** The turns of a round: a thousand watches write in several small statements, and none of them holds up the samples of the others. */
const TURNS = 8;

const turns: readonly Set<() => void>[] = Array.from({ length: TURNS }, () => new Set());
let ticker: NodeJS.Timeout | undefined;
let now = 0;

/** Calls `act` once in each round of 2 s, together with the others of its turn. One timer serves all of the process. `act` must not throw. */
export function joinRounds(act: () => void): void {
  const emptiest = turns.reduce((least, turn) => (turn.size < least.size ? turn : least));
  emptiest.add(act);
  ticker ??= setInterval(() => {
    now = (now + 1) % TURNS;
    turns[now]?.forEach((each) => {
      each();
    });
  }, ROUND_MS / TURNS);
}

/** The last one to leave stops the timer. */
export function leaveRounds(act: () => void): void {
  for (const turn of turns) turn.delete(act);
  if (turns.some(({ size }) => size > 0)) return;
  clearInterval(ticker);
  ticker = undefined;
}
