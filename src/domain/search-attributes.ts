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

/** What a run's search attributes say from its beginning; halts and lists find it by them. */
export const startAttributes = (
  { name, service, environment, owner }: { name: string; service: string; environment: string; owner: string },
  requestedBy: string,
): Partial<Record<SearchAttributeName, string>> => ({
  BreakwaterExperiment: name,
  BreakwaterService: service,
  BreakwaterEnvironment: environment,
  BreakwaterOwner: owner,
  BreakwaterStartedBy: requestedBy,
});
