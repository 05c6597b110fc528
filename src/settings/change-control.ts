import * as z from 'zod';

/** The setting of change control, as config.ts reads it. The description is also its documentation. */
export const changeControlVariables = {
  BREAKWATER_CHANGE_CONTROL: z
    .string()
    .min(1)
    .optional()
    .describe(
      'file that says which change system control workers ask about tickets, and where (docs/change-control.md); without it none is asked',
    ),
};
