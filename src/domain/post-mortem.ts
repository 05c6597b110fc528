/** Whether the runbook was brought up to date by what was learnt. */
export type RunbookAnswer = 'updated' | 'not-needed' | 'not-yet' | 'unanswered';

/** How far a post-mortem was completed. */
export interface PostMortemCheck {
  /** Of `fields` fields that only people can fill, how many are. */
  completed: number;
  fields: number;
  /** Names of the others. */
  missing: string[];
  runbook: RunbookAnswer;
}
