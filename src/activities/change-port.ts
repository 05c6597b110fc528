import type { ChangeAnswer, ChangeQuestion, TicketNote } from '../domain/change.ts';

/** Somebody else's change management, such as ServiceNow, Jira or one's own. Secrets are resolved inside, and are in no error. */
export interface ChangeSystem {
  /** Its kind and host, without credentials: it is put on record. */
  name: string;
  /**
   * Reads a ticket, and changes nothing.
   * @throws ChangeSystemError when it does not answer, or not as its contract says
   */
  check(question: ChangeQuestion, signal: AbortSignal): Promise<ChangeAnswer>;
  /**
   * Writes a note into a ticket, unless one with this mark is there.
   * @returns what was done, in words
   * @throws ChangeSystemError when it was not taken, or nobody knows
   */
  note(note: WrittenNote, signal: AbortSignal): Promise<string>;
  /** Whether it answers, and takes our credentials. @returns what it said @throws ChangeSystemError */
  reach(signal: AbortSignal): Promise<string>;
}

/** A note as people read it: paragraphs, then links, and a mark by which it is found again. */
export interface WrittenNote extends TicketNote {
  mark: string;
  lines: string[];
  links: { label: string; url: string }[];
}

/** A change system did not answer, or not as its contract says. */
export class ChangeSystemError extends Error {
  override readonly name = 'ChangeSystemError';
  readonly retryable: boolean;
  constructor(message: string, retryable: boolean) {
    super(message);
    this.retryable = retryable;
  }
}

/** The change system, and when it is asked. */
export interface ChangeControl {
  system: ChangeSystem;
  /** Patterns of environments in which a ticket is asked for. */
  environments: readonly string[];
  /** What its tickets look like, patterns. */
  tickets: readonly string[];
  /** Whom to ask when a ticket names nobody. */
  contact?: string;
  /** Addresses of a run, with {run} and {execution} where its ids belong. */
  links: { report?: string; temporal?: string };
}
