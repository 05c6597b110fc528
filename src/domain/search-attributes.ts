/**
 * The search attributes that runs carry, with their Temporal types. They must exist in the namespace before the first run;
 * the embedded server gets them at its start. Names are wire format: renaming one loses the old runs from every list query.
 */
export const searchAttributes = {
  BreakwaterExperiment: 'KEYWORD',
  BreakwaterService: 'KEYWORD',
  BreakwaterEnvironment: 'KEYWORD',
  BreakwaterOwner: 'KEYWORD',
  BreakwaterPhase: 'KEYWORD',
  BreakwaterVerdict: 'KEYWORD',
  BreakwaterStartedBy: 'KEYWORD',
} as const;

/** The name of one of our search attributes. */
export type SearchAttributeName = keyof typeof searchAttributes;
