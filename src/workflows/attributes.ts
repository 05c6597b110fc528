import { defineSearchAttributeKey } from '@temporalio/common';

/** What a run is doing, for lists in Temporal Web. */
export const phaseAttribute = defineSearchAttributeKey('BreakwaterPhase', 'KEYWORD');
/** How it ended; not set before. */
export const verdictAttribute = defineSearchAttributeKey('BreakwaterVerdict', 'KEYWORD');
