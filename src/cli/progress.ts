import { describeQueued, type RunState } from '../domain/run.ts';
import { place } from '../report/format.ts';
import { eventLine } from './events.ts';
import { drawScene, type Scene } from './live-view.ts';
import { plainText } from './plain-text.ts';
import { Screen } from './screen.ts';
import type { Terminal } from './terminal.ts';

/** Shows how a run goes on; on stderr, because the result is the data. */
export interface Progress {
  /** How often it wants to be told, milliseconds. */
  everyMs: number;
  show(scene: Scene): void;
  /** Leaves the terminal to others. */
  clear(): void;
}

/** A picture that is redrawn in its place. */
function liveProgress(terminal: Terminal): Progress {
  const screen = new Screen(terminal);
  return {
    everyMs: 250,
    show: (scene) => {
      screen.draw(drawScene(scene, terminal.columns() - 1, terminal.paint));
    },
    clear: () => {
      screen.clear();
    },
  };
}

/** A line per event and per change of phase; nothing is said twice. */
function lineProgress(terminal: Terminal): Progress {
  const seen = new Set<string>();
  let [phase, trouble] = ['', ''];
  const say = (line: string): void => {
    terminal.err(`${line}\n`);
  };
  const phaseLine = (state: RunState): string =>
    [
      new Date().toISOString().slice(11, 23),
      plainText(place(state.wave, state.iteration)),
      `phase ${state.phase}`,
      state.queued && plainText(describeQueued(state.queued)),
    ]
      .filter(Boolean)
      .join(' ');
  return {
    everyMs: 500,
    show({ state, trouble: newTrouble = '' }) {
      if (newTrouble !== trouble && newTrouble !== '') say(newTrouble);
      trouble = newTrouble;
      if (!state) return;
      for (const event of state.events.filter(({ key }) => !seen.has(key))) {
        seen.add(event.key);
        say(eventLine(event, terminal.paint));
      }
      const now = `${state.wave ?? ''}/${state.iteration ?? ''}/${state.phase}/${state.queued?.position ?? ''}`;
      if (now !== phase) say(phaseLine(state));
      phase = now;
    },
    clear: () => undefined,
  };
}

export const createProgress = (terminal: Terminal): Progress => (terminal.isLive ? liveProgress(terminal) : lineProgress(terminal));
