import type { Terminal } from './terminal.ts';

/** What to do when a person presses Ctrl-C while a run is watched. */
export interface InterruptActions {
  abort(): Promise<void>;
  detach(): void;
  /** Keeps others from drawing while a question is asked. */
  setAsking(isAsking: boolean): void;
}

const QUESTION = 'The run goes on without you. What now?';
const OPTIONS = [
  { value: 'watch', label: 'go on watching' },
  { value: 'detach', label: 'detach: the run goes on' },
  { value: 'abort', label: 'abort: everything is undone, then the run ends' },
] as const;

/** The first Ctrl-C asks, where somebody can answer; everywhere else, and the second time, it detaches. */
export function listenForInterrupts(terminal: Terminal, { abort, detach, setAsking }: InterruptActions): () => void {
  let isAsking = false;
  const ask = async (): Promise<void> => {
    isAsking = true;
    setAsking(true);
    const answer = await terminal.choose(QUESTION, [...OPTIONS]);
    isAsking = false;
    if (answer === undefined || answer === 'detach') {
      detach();
      return;
    }
    if (answer === 'abort') await abort();
    setAsking(false);
  };
  return terminal.onInterrupt(() => {
    if (isAsking || !terminal.isInteractive) detach();
    else ask().catch(detach);
  });
}
